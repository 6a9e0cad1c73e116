import { type ActorAddress, type ControlMail, keys } from '@queueclaw/contracts';
import { parseCommand } from '@queueclaw/conversations';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, nothing, type TestAgents, testAgents, type TestAgentsOptions } from './agent-fixture.js';

let redisUrl: string;
let agents: TestAgents | undefined;

beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(async () => {
  await agents?.close();
  agents = undefined;
});

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
const open = async (
  answer: Answer,
  { replicas = 1, ...more }: Partial<TestAgentsOptions> & { replicas?: number } = {},
): Promise<TestAgents> => {
  agents = await testAgents({ redisUrl, namespace: uniqueNamespace(), answer, ...more });
  for (let count = 0; count < replicas; count += 1) await agents.start();
  return agents;
};
const command = async (id: string, text: string, more: Partial<ControlMail> = {}): Promise<void> => {
  const parsed = parseCommand(text);
  if (!parsed || !agents) throw new Error(`no command: ${text}`);
  const base = { v: 1, kind: 'control', id, from: { id: 'ada', name: 'Ada' }, route: { channel: 'http' } } as const;
  await agents.door.conversations.control(a, { ...base, at: Date.now(), ...parsed, ...more });
};
const told = async (id: string, text: string, more: Partial<ControlMail> = {}): Promise<string> => {
  await command(id, text, more);
  return (await agents?.ended(a, id))?.reply?.text ?? '';
};
const hello: Answer = () => ({ text: 'hello yourself' });

describe('a command', () => {
  it('is answered once, without a model, and leaves nothing behind', async () => {
    const { asked, replies, leftovers } = await open(hello, { replicas: 2 });
    expect(await told('h1', '/help')).toContain('/whoami');
    await command('h1', '/help');
    expect(await told('w1', '/whoami')).toBe('Channel: http\nYour id: ada\nYour name: Ada\nConversation: c1');
    expect((await replies(a)).map(({ answers }) => answers)).toEqual([['h1'], ['w1']]);
    expect(asked).toHaveLength(0);
    await eventually(async () => expect(await leftovers(a)).toEqual(nothing));
  });

  it('is answered while the model works, and does not disturb it', async () => {
    let release = (): void => undefined;
    const waits = new Promise<void>((resolve) => (release = resolve));
    const { say, ended, asked } = await open(async () => {
      await waits;
      return { text: 'the answer' };
    });
    await say(a, 'm1');
    await eventually(() => expect(asked).toHaveLength(1));
    expect(await told('s1', '/status')).toContain('Now: working (step 1)');
    expect(await told('q1', '/queue followup')).toBe('Queue mode: followup.');
    expect(asked[0]?.signal.aborted).toBe(false);
    release();
    expect(await ended(a, 'm1')).toMatchObject({ status: 'answered', turn: 1, reply: { text: 'the answer' } });
    expect(asked).toHaveLength(1);
  });

  it('is answered while tools are out, and the turn goes on', async () => {
    const { say, ended, runTools, giveResult, leftovers } = await open((request) =>
      request.messages.at(-1)?.role === 'tool'
        ? { text: 'done' }
        : { calls: [{ name: 'shell', args: { command: 'date' } }] },
    );
    const tasks = await runTools();
    await say(a, 'm1');
    await eventually(() => expect(tasks).toHaveLength(1));
    expect(await told('s1', '/status')).toContain('1 tool calls are out');
    const [task] = tasks;
    if (task) await giveResult(task);
    expect((await ended(a, 'm1')).reply?.text).toBe('done');
    await eventually(async () => expect(await leftovers(a)).toEqual(nothing));
  });

  it('is told in the language that was chosen, then the agent’s, then the device’s', async () => {
    await open(hello, { config: { agents: { default: { language: 'zh' } } } });
    expect(await told('h1', '/help', { language: 'en' })).toContain('命令');
    expect(await told('l1', '/language en')).toBe('Language: English.');
    expect(await told('h2', '/help', { language: 'zh' })).toContain('Commands:');
    expect(await told('l2', '/language default')).toBe('语言：中文（默认）。');
  });

  it('that is forged is dropped', async () => {
    const { door, leftovers, replies } = await open(hello);
    const { redis, tag } = door.mailbox.shards.of(a);
    const forged = { v: 1, kind: 'control', action: 'tell', about: 'help', id: 'f1', from: { id: 'eve' }, at: 1 };
    await redis.rpush(keys.commands(tag, a), `-.${JSON.stringify({ ...forged, route: { channel: 'http' } })}`);
    await told('h1', '/help');
    expect((await replies(a)).flatMap(({ answers }) => answers)).toEqual(['h1']);
    expect(await redis.llen(keys.commands(tag, a))).toBe(0);
    await eventually(async () => expect(await leftovers(a)).toEqual(nothing));
  });

  it('tells what was used today', async () => {
    const { say, ended } = await open(hello, { config: { limits: { budgets: { person: { turns: 9 } } } } });
    await say(a, 'm1');
    await ended(a, 'm1');
    await eventually(async () => {
      const text = await told(`u${Date.now()}`, '/usage');
      expect(text).toContain('1 answers');
      expect(text).toContain('1 of 9 answers for you');
    });
  });
});

describe('a preference', () => {
  it('is applied by the next turn, survives /new, and goes back to the default', async () => {
    const { say, ended, asked } = await open(hello);
    await command('t1', '/timezone Asia/Shanghai');
    await command('l1', '/language fr');
    await say(a, 'm1');
    await ended(a, 'm1');
    expect(asked[0]?.request.system).toContain('(time zone Asia/Shanghai)');
    expect(asked[0]?.request.system).toContain('Answer in French');
    await told('n1', '/new');
    await told('t2', '/timezone default');
    await say(a, 'm2');
    await ended(a, 'm2');
    expect(asked[1]?.request.system).toContain('(time zone UTC)');
    expect(asked[1]?.request.system).toContain('Answer in French');
  });

  it('for a model must be one that there is; one that has vanished is replaced and said so', async () => {
    const { door } = await open(hello);
    expect(await told('m0', '/model gpt-9')).toMatch(/"gpt-9" is not possible here.*scripted/);
    expect(await told('m1', '/model')).toContain('scripted (default)');
    expect(await told('m2', '/model scripted')).toBe('Model: scripted.');
    const { redis, tag } = door.mailbox.shards.of(a);
    await redis.hset(keys.state(tag, 'messages', a), 'prefs', JSON.stringify({ model: 'of yesterday' }));
    expect(await told('s1', '/status')).toContain('Model: of yesterday is no longer there; scripted is used');
    await agents?.say(a, 'x1');
    expect((await agents?.ended(a, 'x1'))?.status).toBe('answered');
  });

  it('of the queue mode decides about mail that comes mid-turn', async () => {
    const { say, ended, asked } = await open((_, at) => (at === 0 ? { text: 'slow', hang: true } : { text: 'quick' }));
    await told('q1', '/queue interrupt');
    await say(a, 'm1');
    await eventually(() => expect(asked).toHaveLength(1));
    await say(a, 'm2');
    expect((await ended(a, 'm2')).reply).toMatchObject({ text: 'quick', answers: ['m1', 'm2'] });
  });
});

describe('older messages', () => {
  const summariser: Answer = (request) =>
    request.system.startsWith('You summarise') ? { text: 'SUMMARY' } : { text: 'fine' };
  const many = async (from: number, count: number): Promise<void> => {
    for (let at = from; at < from + count; at += 1) {
      await agents?.say(a, `m${at}`, `words number ${at}`);
      await agents?.ended(a, `m${at}`);
    }
  };
  const summaries = (): readonly { at: number; text: string }[] =>
    (agents?.asked ?? []).flatMap(({ request }, at) =>
      request.system.startsWith('You summarise') ? [{ at, text: request.messages[0]?.text ?? '' }] : [],
    );

  it('are summarised when there are more than a turn reads; nothing is lost, people are told once, the transcript stays', async () => {
    const { replies, asked, door } = await open(summariser, { config: { limits: { history_entries: 8 } } });
    await many(0, 5);
    expect(summaries()).toHaveLength(0);
    await many(5, 1);
    const [first] = summaries();
    expect(first?.text).toContain('words number 0');
    const request = asked.at(-1)?.request;
    expect(request?.messages[0]?.text).toMatch(/^\[A summary .*\]\nSUMMARY$/);
    const words = [first?.text ?? '', ...(request?.messages ?? []).map(({ text }) => text)].join('\n');
    for (let at = 0; at < 6; at += 1) expect(words.split(`words number ${at}`)).toHaveLength(2);
    await many(6, 5);
    expect(summaries()[1]?.text).toContain('Summary of what came before:\nSUMMARY');
    const notices = (await replies(a)).filter(({ answers }) => answers.length === 0);
    expect(notices.map(({ text }) => text)).toEqual(
      Array(summaries().length).fill('(Older messages were summarised.)'),
    );
    const transcript = await door.conversations.transcript(a, { limit: 100 });
    expect(transcript?.entries).toHaveLength(22);
  });

  it('are summarised before a request exceeds the model’s window, in Chinese too', async () => {
    const config = {
      llm: { default: 'scripted', models: { scripted: { provider: 'scripted', context_tokens: 12_000 } } },
    };
    const { say, ended, asked } = await open(summariser, { config });
    for (let at = 0; at < 6; at += 1) {
      await say(a, `z${at}`, '我们明天去北京。'.repeat(100));
      await ended(a, `z${at}`);
    }
    expect(summaries().length).toBeGreaterThan(0);
    const longest = Math.max(...asked.map(({ request }) => request.messages.reduce((n, m) => n + m.text.length, 0)));
    expect(longest).toBeLessThan(12_000);
  });

  it.each([
    ['now', 'llm.overloaded', '0'],
    ['at all', 'llm.refused', '4'],
  ] as const)('are left out, and people told, when no model can summarise %s', async (_when, code, until) => {
    const failing: Answer = (request) =>
      request.system.startsWith('You summarise') ? { failure: { code } } : { text: 'fine' };
    const { replies, door } = await open(failing, { config: { limits: { history_entries: 4 } } });
    await many(0, 4);
    const notices = (await replies(a)).filter(({ answers }) => answers.length === 0);
    expect(notices[0]?.text).toContain('could not be summarised');
    const { redis, tag } = door.mailbox.shards.of(a);
    expect((await redis.hget(keys.state(tag, 'messages', a), 'until')) ?? '0').toBe(until);
  });

  it('are summarised when a person asks, with what they want kept; /new forgets the summary', async () => {
    const { asked, leftovers } = await open(summariser);
    expect(await told('k0', '/compact')).toBe('There is nothing to summarise yet.');
    await many(0, 5);
    expect(await told('k1', '/compact the numbers')).toBe('(Older messages were summarised.)');
    expect(summaries()[0]?.text).toContain('keep above all:\nthe numbers');
    await many(5, 1);
    expect(asked.at(-1)?.request.messages[0]?.text).toContain('SUMMARY');
    await told('n1', '/new');
    await many(6, 1);
    expect(asked.at(-1)?.request.messages.map(({ text }) => text)).toEqual(['words number 6']);
    await eventually(async () => expect(await leftovers(a)).toEqual(nothing));
  });

  it('are not summarised and paid again after a crash, once the summary is durable', async () => {
    let hung = false;
    const { say, ended, door } = await open(
      (request) => {
        if (request.system.startsWith('You summarise'))
          return { text: 'SUMMARY', usage: { inputTokens: 7, outputTokens: 2 } };
        const crashing = !hung && request.messages[0]?.text.includes('SUMMARY') === true;
        if (crashing) hung = true;
        return { text: 'fine', usage: { inputTokens: 10, outputTokens: 1 }, ...(crashing ? { hang: true } : {}) };
      },
      { replicas: 2, config: { limits: { history_entries: 8 } } },
    );
    await many(0, 5);
    await say(a, 'm5');
    await eventually(() => expect(hung).toBe(true));
    const { redis, tag } = door.mailbox.shards.of(a);
    await redis.hset(keys.state(tag, 'messages', a), 'lease', '1');
    await door.waker.wake(a, { why: 'due' });
    expect(await ended(a, 'm5')).toMatchObject({ status: 'answered', usage: { inputTokens: 17, outputTokens: 3 } });
    expect(summaries()).toHaveLength(1);
  });

  it('are summarised during a turn that waits for tools, which then goes on', async () => {
    const { say, ended, runTools, giveResult } = await open((request) => {
      if (request.system.startsWith('You summarise')) return { text: 'SUMMARY' };
      const last = request.messages.at(-1);
      if (last?.role === 'tool') return { text: `after: ${request.messages[0]?.text.slice(-7)}` };
      return last?.text.includes('look') ? { calls: [{ name: 'shell', args: { command: 'date' } }] } : { text: 'fine' };
    });
    const tasks = await runTools();
    await many(0, 5);
    await say(a, 'look', 'look it up');
    await eventually(() => expect(tasks).toHaveLength(1));
    expect(await told('k1', '/compact')).toBe('(Older messages were summarised.)');
    const [task] = tasks;
    if (task) await giveResult(task);
    expect((await ended(a, 'look')).reply?.text).toBe('after: SUMMARY');
  });

  it('that are being summarised do not hold up /stop', async () => {
    const { say, ended, stop, asked } = await open((request) =>
      request.system.startsWith('You summarise') ? { text: 'I', hang: true } : { text: 'fine' },
    );
    await many(0, 5);
    await command('k1', '/compact');
    await eventually(() => expect(asked).toHaveLength(6));
    await say(a, 'm9');
    await stop(a, 's1');
    await eventually(() => expect(asked[5]?.signal.aborted).toBe(true));
    expect((await ended(a, 'm9')).status).toBe('stopped');
    expect((await ended(a, 's1')).status).toBe('stopped');
  });
});
