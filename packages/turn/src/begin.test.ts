import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { mailCharsMax } from './join-mail.js';
import { proceed } from './proceed.js';
import { agent, as, calls, input, mail, now, only, outcome, shape, shell, withLimits } from './scenario.js';
import type { TurnInput } from './turn-input.js';

/** A turn that waits for two shell calls, 7.1.1 and 7.1.2. */
function waiting(more: Partial<TurnInput> = {}): ReturnType<typeof suspended> {
  return suspended(more);
}

function suspended(more: Partial<TurnInput>) {
  const asked = as('ask', begin(input({ mail: [mail('m1')], ...more })));
  return as('suspend', proceed({ ...input(more), journal: asked.journal }, calls(shell('a'), shell('b')))).journal;
}

const came = (call: string, text = `result of ${call}`) => ({ call, outcome: outcome(text) });
const both = [came('7.1.2'), came('7.1.1')];

describe('a new turn', () => {
  it('is idle without mail, control or journal', () => {
    expect(begin(input())).toEqual({ do: 'idle', took: { mail: 0, control: 0 } });
  });

  it('takes all waiting mail into the journal and asks the model', () => {
    const next = as('ask', begin(input({ mail: [mail('m1'), mail('m2')] })));
    expect(next.took).toEqual({ mail: 2, control: 0 });
    expect(next.journal.answers.map(({ id }) => id)).toEqual(['m1', 'm2']);
    expect(next.request.messages).toEqual([
      { role: 'user', text: 'text of m1' },
      { role: 'user', text: 'text of m2' },
    ]);
  });

  it('keeps the text of mail in the entries only', () => {
    const { journal } = as('ask', begin(input({ mail: [mail('m1')] })));
    expect(only(journal.answers)).not.toHaveProperty('text');
    expect(only(journal.entries)).toMatchObject({
      role: 'user',
      id: 'm1',
      text: 'text of m1',
      at: now - 1_000,
      turn: 7,
    });
  });

  it('names the step in the request key', () => {
    expect(as('ask', begin(input({ mail: [mail('m1')] }))).request.key).toBe('default/c1/7.1');
  });

  it('leaves mail for the next turn when the texts would not fit a model', () => {
    const long = 'x'.repeat(mailCharsMax / 2);
    const next = as('ask', begin(input({ mail: ['m1', 'm2', 'm3'].map((id) => mail(id, { text: long })) })));
    expect(next.took.mail).toBe(2);
  });

  it('takes at least one message, whatever its length', () => {
    const next = as('ask', begin(input({ mail: [mail('m1', { text: 'x'.repeat(mailCharsMax + 1) })] })));
    expect(next.took.mail).toBe(1);
  });

  it('takes one message at a time in followup mode', () => {
    const next = begin(input({ mail: [mail('m1'), mail('m2')], agent: { ...agent, queueMode: 'followup' } }));
    expect(as('ask', next).took.mail).toBe(1);
  });
});

describe('a turn whose step was decided before a crash', () => {
  it('asks again for the same step from the journal', () => {
    const asked = as('ask', begin(input({ mail: [mail('m1')] })));
    const again = as('ask', begin(input({ journal: asked.journal })));
    expect(again.request).toEqual(asked.request);
    expect(again.took.mail).toBe(0);
  });

  it('counts mail that the journal holds already as taken and does not read it twice', () => {
    const asked = as('ask', begin(input({ mail: [mail('m1')] })));
    const again = as('ask', begin(input({ journal: asked.journal, mail: [mail('m1'), mail('m2')] })));
    expect(again.took.mail).toBe(2);
    expect(again.journal.answers.map(({ id }) => id)).toEqual(['m1', 'm2']);
  });
});

describe('a turn that waits for tools', () => {
  it('asks the next step when all results are there, in the order of the calls', () => {
    const next = as('ask', begin(input({ journal: waiting(), results: both })));
    expect(shape(next.journal.entries)).toBe('uAtt');
    expect(next.journal.pending).toEqual([]);
    expect(next.request.key).toBe('default/c1/7.2');
    expect(next.request.messages.slice(2)).toEqual([
      { role: 'tool', call: '7.1.1', name: 'shell', text: 'result of 7.1.1', ok: true },
      { role: 'tool', call: '7.1.2', name: 'shell', text: 'result of 7.1.2', ok: true },
    ]);
  });

  it('suspends again with the same pending calls while one is missing', () => {
    const journal = waiting();
    const next = as('suspend', begin(input({ journal, results: [came('7.1.1')] })));
    expect(next.journal).toEqual(journal);
    expect(next.deadlineAt).toBe(journal.pending[1]?.deadlineAt);
  });

  it('does not look again later than the end of the turn', () => {
    const next = begin(input({ journal: waiting(), agent: withLimits({ turnMs: 50_000 }) }));
    expect(as('suspend', next).deadlineAt).toBe(now + 50_000);
  });

  it('resolves a call whose deadline has passed as timed out, its outcome unknown', () => {
    const journal = waiting();
    const late = Math.max(...journal.pending.map(({ deadlineAt }) => deadlineAt));
    const next = as('ask', begin(input({ now: late, journal, results: [came('7.1.1')] })));
    expect(next.journal.entries.at(-1)).toMatchObject({ call: '7.1.2', ok: false, code: 'tool.timeout' });
    expect(next.request.messages.at(-1)?.text).toContain('outcome is unknown');
  });

  it('ignores results of calls it does not wait for', () => {
    const next = as('ask', begin(input({ journal: waiting(), results: [...both, came('6.1.1')] })));
    expect(shape(next.journal.entries)).toBe('uAtt');
  });

  it('gives a failed result to the model as data', () => {
    const failed = { call: '7.1.1', outcome: outcome('exit code 1', { ok: false, code: 'tool.failed' }) };
    const next = as('ask', begin(input({ journal: waiting(), results: [failed, came('7.1.2')] })));
    expect(next.request.messages[2]).toMatchObject({ role: 'tool', ok: false, text: 'exit code 1' });
  });

  it('tells the model in words that an outcome is unknown', () => {
    const unknown = { call: '7.1.1', outcome: outcome('killed', { ok: false, code: 'tool.unknown_outcome' }) };
    const next = as('ask', begin(input({ journal: waiting(), results: [unknown, came('7.1.2')] })));
    expect(next.request.messages[2]?.text).toMatch(/outcome of this call is unknown.*may or may not have acted/s);
    expect(next.request.messages[2]).toMatchObject({ ok: false });
  });
});

describe('mail that arrives while tools are out', () => {
  const late = mail('m2');

  it.each(['collect', 'steer', 'interrupt'] as const)(
    'joins the next step in %s mode, after the results',
    (queueMode) => {
      const next = begin(input({ journal: waiting(), results: both, mail: [late], agent: { ...agent, queueMode } }));
      expect(shape(as('ask', next).request.messages)).toBe('uAttu');
      expect(as('ask', next).took.mail).toBe(1);
    },
  );

  it('stays in the mailbox while a result is missing', () => {
    const next = as('suspend', begin(input({ journal: waiting(), mail: [late] })));
    expect(next.took.mail).toBe(0);
    expect(next.journal.answers).toHaveLength(1);
  });

  it('waits for the next turn in followup mode', () => {
    const followup = { ...agent, queueMode: 'followup' as const };
    const next = as('ask', begin(input({ journal: waiting(), results: both, mail: [late], agent: followup })));
    expect(next.took.mail).toBe(0);
  });

  it('is marked for the model in steer mode', () => {
    const steer = { ...agent, queueMode: 'steer' as const };
    const next = as('ask', begin(input({ journal: waiting(), results: both, mail: [late], agent: steer })));
    expect(next.request.messages.at(-1)?.text).toMatch(/^\[Sent while you were working.*\]\ntext of m2$/);
    expect(next.request.messages[0]?.text).toBe('text of m1');
  });

  it('cancels the calls that are out and restarts the turn in interrupt mode', () => {
    const interrupt = { ...agent, queueMode: 'interrupt' as const };
    const next = as(
      'ask',
      begin(input({ journal: waiting(), mail: [late], results: [came('7.1.1')], agent: interrupt })),
    );
    expect(next.journal.pending).toEqual([]);
    expect(next.journal.entries[2]).toMatchObject({ call: '7.1.1', ok: true });
    expect(next.journal.entries[3]).toMatchObject({ call: '7.1.2', ok: false, code: 'tool.cancelled' });
    expect(next.journal.entries[4]).toMatchObject({ role: 'user', id: 'm2' });
  });
});
