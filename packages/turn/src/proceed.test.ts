import type { ModelOutcome } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { callsPerStepMax, queueingMs } from './call-tools.js';
import { proceed } from './proceed.js';
import { agent, as, calls, input, mail, now, only, type Running, says, shape, shell, usage } from './scenario.js';
import type { TurnInput } from './turn-input.js';

function running(more: Partial<TurnInput> = {}): Running {
  const first = input({ mail: [mail('m1')], ...more });
  return { ...input(more), mail: [], journal: as('ask', begin(first)).journal };
}

const fails = (code: 'llm.rate_limited' | 'llm.interrupted', text = ''): ModelOutcome => ({
  ok: false,
  text,
  failure: { code, publicMessage: 'The model is rate-limited.', retryAfterMs: 1_500 },
  usage,
});

describe('an answer', () => {
  it('ends the turn with one reply that names the messages it answers', () => {
    const next = as('commit', proceed(running({ mail: [mail('m1'), mail('m2')] }), says('Hello.')));
    expect(only(next.replies)).toEqual({
      v: 1,
      id: 'r7',
      turn: 7,
      text: 'Hello.',
      answers: ['m1', 'm2'],
      status: 'answered',
      usage,
      route: { channel: 'web' },
      at: now,
    });
    expect(shape(next.entries)).toBe('uua');
    expect(next).toMatchObject({ cancelled: [], reset: false, took: { mail: 0, control: 0 } });
  });

  it('goes to the route of the last message it answers and carries its trace', () => {
    const route = { channel: 'telegram', address: { chat: '5' } };
    const two = [mail('m1', { trace: 'trace-1' }), mail('m2', { route, trace: 'trace-2' })];
    const next = as('commit', proceed(running({ mail: two }), says('Hello.')));
    expect(only(next.replies)).toMatchObject({ route, trace: 'trace-2' });
  });

  it('leaves mail that came meanwhile to the next turn', () => {
    const next = as('commit', proceed({ ...running(), mail: [mail('m2')] }, says('Hello.')));
    expect(next.took.mail).toBe(0);
    expect(only(next.replies).answers).toEqual(['m1']);
  });

  it('counts mail of the journal that is still in the mailbox as taken', () => {
    const next = as('commit', proceed({ ...running(), mail: [mail('m1'), mail('m2')] }, says('Hello.')));
    expect(next.took.mail).toBe(1);
  });

  it.each([
    ['', 'en', '(The model gave an empty answer.)'],
    [' \n', 'zh-CN', '（模型给出了空的回答。）'],
  ])('that is empty (%j) becomes a sentence in the language of the person (%s)', (text, language, said) => {
    const next = as('commit', proceed(running({ mail: [mail('m1', { language })] }), says(text)));
    expect(only(next.replies)).toMatchObject({ status: 'answered', text: said });
    expect(shape(next.entries)).toBe('un');
  });

  it('that was cut for its length is kept', () => {
    const next = as('commit', proceed(running(), says('Once upon', { reason: 'length' })));
    expect(only(next.replies)).toMatchObject({ status: 'answered', text: 'Once upon' });
  });

  it('that was cut for its length never runs its calls', () => {
    const half = says('I will', { reason: 'length', calls: [{ id: 'x', ...shell('rm -rf') }] });
    const next = as('commit', proceed(running(), half));
    expect(shape(next.entries)).toBe('ua');
    expect(next.cancelled).toEqual([]);
  });

  it('sums the usage of all steps, cached tokens too', () => {
    const first = proceed(running(), { ...calls({ name: 'nothing', args: {} }), usage: { ...usage, cachedTokens: 4 } });
    const next = as('commit', proceed({ ...input(), journal: as('ask', first).journal }, says('Done.')));
    expect(only(next.replies).usage).toEqual({ inputTokens: 20, outputTokens: 10, cachedTokens: 4 });
  });
});

describe('tool calls', () => {
  it('go out all together, numbered by turn, step and position, with a ticket each', () => {
    const next = as('suspend', proceed(running(), calls(shell('a'), { name: 'read_file', args: { path: 'p' } })));
    expect(next.journal.step).toBe(1);
    expect(next.journal.toolCalls).toBe(2);
    expect(next.journal.pending).toMatchObject([
      { call: '7.1.1', name: 'shell', args: { command: 'a' }, ticket: 'ticket-number-1' },
      { call: '7.1.2', name: 'read_file', args: { path: 'p' }, ticket: 'ticket-number-2' },
    ]);
  });

  it('have until the lower of the two limits, and a margin for queueing', () => {
    const quick = { ...agent, limits: { ...agent.limits, toolMs: 20_000 } };
    const made = calls(shell('a'), { name: 'read_file', args: { path: 'p' } });
    const next = as('suspend', proceed(running({ agent: quick }), made));
    expect(next.journal.pending.map(({ deadlineAt }) => deadlineAt - now - queueingMs)).toEqual([20_000, 10_000]);
    expect(next.deadlineAt).toBe(now + queueingMs + 20_000);
  });

  it('run with the checked arguments; the transcript keeps what the model wrote', () => {
    const checkArgs = () => ({ ok: true as const, args: { command: 'a', timeout_seconds: 60 } });
    const next = as('suspend', proceed(running({ checkArgs }), calls(shell('a'))));
    expect(only(next.journal.pending).args).toEqual({ command: 'a', timeout_seconds: 60 });
    expect(next.journal.entries.at(-1)).toMatchObject({ calls: [{ call: '7.1.1', args: { command: 'a' } }] });
  });

  it('take no mail with them: it joins after the results', () => {
    const next = as('suspend', proceed({ ...running(), mail: [mail('m2')] }, calls(shell('a'))));
    expect(next.took.mail).toBe(0);
  });

  it('to an unknown tool are answered at once, and the model is asked again', () => {
    const next = as('ask', proceed(running(), calls({ name: 'browse', args: {} })));
    expect(next.journal.entries.at(-1)).toMatchObject({ role: 'tool', ok: false, code: 'tool.unknown' });
    expect(next.request.key).toBe('default/c1/7.2');
    expect(shape(next.request.messages)).toBe('uAt');
    expect(next.request.messages.at(-1)?.text).toContain('shell, read_file, write_file');
  });

  it.each([
    [{ command: 'bad' }, 'bad is not good'],
    ['rm -rf', 'JSON object'],
    [undefined, 'JSON object'],
    [[1], 'JSON object'],
  ])('with arguments that do not fit (%j) are answered at once', (args, problem) => {
    const next = as('ask', proceed(running(), calls({ name: 'shell', args })));
    expect(next.journal.entries.at(-1)).toMatchObject({ ok: false, code: 'tool.arguments' });
    expect(next.request.messages.at(-1)?.text).toContain(problem);
  });

  it('that cannot be made do not hold up those that can', () => {
    const next = as('suspend', proceed(running(), calls({ name: 'browse', args: {} }, shell('a'))));
    expect(only(next.journal.pending).call).toBe('7.1.2');
    expect(next.journal.entries.at(-1)).toMatchObject({ call: '7.1.1', code: 'tool.unknown' });
  });

  it('with a name no vendor accepts back get one that all do', () => {
    const next = as('ask', proceed(running(), calls({ name: `ruf die\n ${'x'.repeat(100)}`, args: {} })));
    expect(next.request.messages.at(-1)).toMatchObject({ name: expect.stringMatching(/^[A-Za-z0-9_-]{64}$/) });
  });

  it('beyond what ids can count are not read', () => {
    const many = calls(...Array.from({ length: callsPerStepMax + 1 }, () => ({ name: 'browse', args: {} })));
    expect(as('ask', proceed(running(), many)).journal.entries).toHaveLength(2 + callsPerStepMax);
  });

  it('join waiting mail when the model is asked again at once', () => {
    const next = as('ask', proceed({ ...running(), mail: [mail('m2')] }, calls({ name: 'browse', args: {} })));
    expect(shape(next.request.messages)).toBe('uAtu');
    expect(next.took.mail).toBe(1);
  });

  it('are accepted from a vendor that names no reason for them', () => {
    as('suspend', proceed(running(), says('', { calls: [{ id: 'x', ...shell('a') }] })));
  });
});

describe('a model that fails', () => {
  it('ends the turn with a failed reply: code, public message, and when to try again', () => {
    const next = as('commit', proceed(running(), fails('llm.rate_limited')));
    expect(only(next.replies)).toMatchObject({
      status: 'failed',
      answers: ['m1'],
      text: 'I could not answer: the model is busy (rate limit). Please try again in a moment.',
      error: { code: 'llm.rate_limited', message: 'The model is rate-limited.', retry_after_ms: 1_500 },
      usage,
    });
  });

  it('is told in the language that the person has chosen, else of the agent, else of the device', () => {
    const text = (language: string | undefined, chosen?: string, own?: 'zh'): string | undefined => {
      const chinese = { ...agent, language: own };
      const preferences = chosen === undefined ? {} : { language: chosen };
      const from = mail('m1', language === undefined ? {} : { language });
      return as('commit', proceed(running({ mail: [from], agent: chinese, preferences }), fails('llm.interrupted')))
        .replies[0]?.text;
    };
    expect(text('zh-Hans')).toBe('我无法回答：模型的回答中断了。');
    expect(text('en-GB', undefined, 'zh')).toBe('我无法回答：模型的回答中断了。');
    expect(text('zh-CN', 'en-GB', 'zh')).toBe("I could not answer: the model's answer broke off.");
    expect(text(undefined)).toBe("I could not answer: the model's answer broke off.");
  });

  it('leaves nothing of what it streamed', () => {
    const next = as('commit', proceed(running(), fails('llm.interrupted', 'The secret is')));
    expect(JSON.stringify(next)).not.toContain('The secret is');
    expect(shape(next.entries)).toBe('un');
  });

  it('leaves mail that came meanwhile to the next turn', () => {
    expect(as('commit', proceed({ ...running(), mail: [mail('m2')] }, fails('llm.interrupted'))).took.mail).toBe(0);
  });
});

describe('interrupt mode', () => {
  it('drops an answer that new mail has overtaken, counts its cost, and asks anew', () => {
    const interrupt = { ...agent, queueMode: 'interrupt' as const };
    const next = as('ask', proceed({ ...running({ agent: interrupt }), mail: [mail('m2')] }, calls(shell('a'))));
    expect(shape(next.request.messages)).toBe('uu');
    expect(next.request.key).toBe('default/c1/7.2');
    expect(next.journal.usage).toEqual(usage);
  });
});
