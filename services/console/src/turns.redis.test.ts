import { dayAt, openUsageCounter } from '@queueclaw/budgets';
import { type ActorAddress, type Journal, keys, type PersonMail, type Task, taskJobId } from '@queueclaw/contracts';
import type { Lease } from '@queueclaw/mailbox';
import { consume, produce, tasksQueue } from '@queueclaw/queues';
import { Config, connectRedis, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';
import type { TurnView } from './turns/read-turns.js';

const token = 'an-operator-token-for-tests';
const headers = { host: 'localhost:3080', authorization: `Bearer ${token}` };
const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
const path = '/conversations/default/c1';
const usage = { inputTokens: 1_200, outputTokens: 30, costMicros: 12_500 };

let subject: TestConsole;
let redisUrl: string;
beforeEach(async () => {
  redisUrl = await sharedRedis();
  const options = { redisUrl, namespace: uniqueNamespace(), shards: 2 };
  subject = await startTestConsole({ ...options, console: { operators: [{ token, name: 'Grace' }] } });
});
afterEach(() => subject.stop());

const get = async (url: string, status = 200): Promise<string> => {
  const reply = await subject.inject({ url, headers });
  expect(reply.statusCode, url).toBe(status);
  return reply.body;
};
const read = async (turn: number | 'latest'): Promise<TurnView> =>
  JSON.parse(await get(`/api${path}/turns/${turn}`)) as TurnView;

const mail: PersonMail = {
  ...{ v: 1, kind: 'person', id: 'm2', text: 'go on', from: { id: 'ada' }, route: { channel: 'http' }, at: 2 },
};
const claim = async (): Promise<Lease> => {
  await subject.door.mailbox.ingest(a, mail);
  const lease = await subject.door.mailbox.claim(a);
  if (typeof lease === 'string') throw new Error(lease);
  return lease;
};

describe('a turn that runs', () => {
  const at = Date.now();
  const call = { call: '2.1.1', name: 'shell', args: { command: 'sleep 9' }, ticket: 'a-ticket-of-a-test' };
  const journal: Journal = {
    ...{ v: 1, turn: 2, step: 1, startedAt: at, answers: [mail], toolCalls: 1, usage },
    entries: [
      { v: 1, turn: 2, at, role: 'user', id: 'm2', text: 'go on' },
      { v: 1, turn: 2, at, role: 'assistant', text: 'I look.', calls: [call], model: 'small', usage },
    ],
    pending: [{ ...call, deadlineAt: at + 60_000 }],
  };
  const task: Task = {
    ...{ v: 1, ...a, call: call.call, tool: 'shell', args: call.args, ticket: call.ticket, at },
    ...{ deadlineAt: at + 60_000, policy: { enableDangerous: false } },
  };

  it('tells who is to act next and where each tool call is, from its task to its result', async () => {
    const lease = await claim();
    await lease.checkpoint({ ...journal, pending: [] }, { mail: 1, control: 0 });
    expect((await read('latest')).running).toEqual({ holdup: 'agent', tries: 0 });
    await lease.suspend(journal, { mail: 0, control: 0 }, at + 60_000, []);
    const toolNow = async (): Promise<unknown> => (await read('latest')).moments.at(-1);
    expect(await read(2)).toMatchObject({ turn: 2, state: 'running', usage, steps: 1, running: { holdup: 'tools' } });
    expect(await toolNow()).toMatchObject({ what: 'tool', call: '2.1.1', state: 'out', args: call.args });

    const shard = subject.door.mailbox.shards.of(a);
    const producer = produce(tasksQueue, shard.tag, shard.redis);
    await producer.add(task, { id: taskJobId(a, call) });
    await producer.close();
    expect(await toolNow()).toMatchObject({ state: 'waiting' });
    const finish = Promise.withResolvers<void>();
    const runner = consume(tasksQueue, {
      ...{ prefix: shard.tag, concurrency: 1, logger: createLogger('runner', 'silent') },
      connect: () => connectRedis(redisUrl, 'blocking', () => undefined),
      handle: async () => finish.promise.then(() => ({})),
    });
    await runner.start();
    await eventually(async () => expect(await toolNow()).toMatchObject({ state: 'running', ms: expect.any(Number) }));
    finish.resolve();
    await eventually(async () => expect(await toolNow()).toMatchObject({ state: 'returned', ms: expect.any(Number) }));
    await runner.stop(1_000);
  });

  it('is found from its conversation, says what it has cost, loads itself again, and tells no ticket', async () => {
    const lease = await claim();
    await lease.suspend(journal, { mail: 1, control: 0 }, at + 60_000, []);
    expect(await get(path)).toContain(`href="${path}/turns/2"`);
    const page = await get(`${path}/turns/latest`);
    for (const fact of ['step 1, small', '1\u202f200 tokens in', '30 out, 0.0125 USD', 'it waits for tools', 'sleep 9'])
      expect(page).toContain(fact);
    expect(page).toContain('http-equiv="refresh"');
    for (const text of [page, await get(`/api${path}/turns/2`)]) expect(text).not.toContain(call.ticket);
  });
});

describe('a turn that has ended', () => {
  it('tells its steps, its result and its cost, and what people and models wrote stays text', async () => {
    const hostile = '<script>alert(1)</script>';
    const entry = { v: 1 as const, turn: 1, at: Date.now() + 1_500 };
    await subject.turn(a, hostile, [
      {
        ...entry,
        role: 'assistant',
        text: '',
        calls: [{ call: '1.1.1', name: 'shell', args: hostile }],
        model: hostile,
        usage,
      },
      {
        ...entry,
        role: 'tool',
        call: '1.1.1',
        name: hostile,
        ok: false,
        text: hostile,
        code: 'tool.timeout',
        ms: 1_000,
      },
      { ...entry, role: 'assistant', text: 'done', model: 'large', usage },
    ]);
    const { running, ...turn } = await read('latest');
    expect(running).toBeUndefined();
    expect(turn).toMatchObject({ turn: 1, state: 'answered', steps: 2, usage: { costMicros: 25_000 } });
    expect(turn.moments.map(({ what }) => what)).toEqual(['message', 'model', 'tool', 'model']);
    const page = await get(`${path}/turns/1`);
    expect(page).toContain('tool.timeout');
    expect(page).not.toContain('<script');
    expect(page).not.toContain('http-equiv="refresh"');
    expect(await get(path)).toContain(`href="${path}/turns/1"`);
  });

  it('is found however many turns came after it', async () => {
    const { tag, redis } = subject.door.mailbox.shards.of(a);
    const line = (turn: number): string =>
      JSON.stringify({ v: 1, turn, at: turn, role: 'assistant', text: `answer ${turn}` });
    await redis.rpush(keys.transcript(tag, a), ...Array.from({ length: 1_200 }, (_, turn) => line(turn + 1)));
    expect((await read(1)).moments).toMatchObject([{ text: 'answer 1' }]);
    expect((await read(700)).moments).toMatchObject([{ text: 'answer 700' }]);
    expect((await read('latest')).turn).toBe(1_200);
  });

  it.each([
    [`/api${path}/turns/7`, 404, 'conversation.not_found'],
    [`/api/conversations/default/nobody/turns/latest`, 404, 'conversation.not_found'],
    [`/api${path}/turns/first`, 422, 'request.invalid'],
    [`/api/usage?day=20261341`, 422, 'request.invalid'],
  ])('%s is answered %i %s', async (url, status, code) => {
    await subject.turn(a, 'hello');
    expect(JSON.parse(await get(url, status))).toMatchObject({ error: { code } });
  });
});

it('shows what a tenant used on a day, by model and by person', async () => {
  const { redis, space } = subject.door;
  const counter = openUsageCounter({ redis, space, limits: () => Config.parse({}).limits });
  const now = Date.now();
  counter.count({ tenant: 'default', person: 'http.ada', model: 'small', now }, { ...usage, requests: 1 });
  counter.count({ tenant: 'default', person: 'http.ada', now }, { turns: 1, toolCalls: 2 });
  await counter.close();
  const page = await get('/usage');
  for (const fact of ['small', 'http.ada', '0.0125 USD', '1 turn · 2 tool calls']) expect(page).toContain(fact);
  const report = JSON.parse(await get(`/api/usage?day=${dayAt(now).name}`)) as object;
  expect(report).toMatchObject({ tenant: 'default', currency: 'USD', total: { inputTokens: 1_200, turns: 1 } });
  expect(report).not.toHaveProperty('after');
  expect(JSON.parse(await get('/api/usage?tenant=acme'))).toMatchObject({ total: { inputTokens: 0 }, models: {} });
  expect(JSON.parse(await get('/api/usage?day=20240301'))).toMatchObject({ before: '20240229', after: '20240302' });
});

it('says how much forged mail was dropped', async () => {
  const { tag, redis } = subject.door.mailbox.shards.of(a);
  expect(JSON.parse(await get('/api/overview'))).toMatchObject({ refusedMail: 0 });
  await redis.rpush(keys.mailbox(tag, 'messages', a), `-.${JSON.stringify({ ...mail, id: 'evil' })}`, 'nonsense');
  await (
    await claim()
  ).checkpoint(
    { v: 1, turn: 1, step: 0, startedAt: 1, answers: [mail], entries: [], pending: [], toolCalls: 0, usage },
    { mail: 1, control: 0 },
  );
  await eventually(async () => expect(JSON.parse(await get('/api/overview'))).toMatchObject({ refusedMail: 2 }));
  expect(await get('/')).toMatch(/<b class="bad">2<\/b><span\s*>forged mail/);
});
