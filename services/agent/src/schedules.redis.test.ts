import { type ActorAddress, type Journal, keys, personIn, type PersonMail, type Schedule } from '@queueclaw/contracts';
import { openSchedules, type Schedules } from '@queueclaw/conversations';
import { openScheduleBook } from '@queueclaw/mailbox';
import { createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Answer, nothing, type TestAgents, testAgents } from './agent-fixture.js';
import { serviceCallRunner } from './service-tools/run-calls.js';
import { scheduleTool } from './service-tools/schedule/run.js';

let redisUrl: string;
let agents: TestAgents;
let schedules: Schedules;

beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(async () => {
  await schedules.close();
  await agents.close();
});

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
const settings = { per_person: 3, min_interval: '1s', horizon: '30d' };
const open = async (answer: Answer, replicas: number): Promise<void> => {
  agents = await testAgents({ redisUrl, namespace: uniqueNamespace(), answer, config: { schedules: settings } });
  schedules = openSchedules(agents.door.mailbox.shards);
  for (let count = 0; count < replicas; count += 1) await agents.start();
};

/** Calls the tool with what the person wrote as JSON, then repeats what it said. */
const obedient: Answer = ({ messages }) => {
  const last = messages.at(-1);
  if (last?.role === 'tool') return { text: last.text };
  const text = last?.text ?? '';
  if (text.startsWith('[schedule')) return { text: `done: ${text}` };
  return { calls: [{ name: 'schedule', args: JSON.parse(text) as Record<string, unknown> }] };
};
let asked = 0;
const ask = async (args: Record<string, unknown>): Promise<string> => {
  const id = `m${(asked += 1)}`;
  await agents.say(a, id, JSON.stringify(args));
  return (await agents.ended(a, id)).reply?.text ?? '';
};
const due = async (): Promise<readonly string[]> => {
  await agents.ended(a, 'none', 1).catch(() => undefined);
  return (await agents.replies(a)).map(({ text }) => text).filter((text) => text.startsWith('done: '));
};
const made = (more: Partial<Schedule> = {}): Schedule => ({
  ...{ v: 1, id: 'abcdef', text: 'water the plants', from: { id: 'ada' }, route: { channel: 'http' } },
  ...{ rule: { kind: 'once', at: Date.now() - 60_000 }, at: Date.now() - 120_000, endsAt: Date.now() - 60_000 },
  ...more,
});

it('brings what is due to the conversation that asked, once, and leaves nothing behind', async () => {
  await open(obedient, 2);
  expect(await ask({ action: 'create', text: 'water the plants', after: '1s', zone: 'Asia/Shanghai' })).toMatch(
    /^[0-9a-f]{12}: at \d{4}-\d\d-\d\d \d\d:\d\d \(Asia\/Shanghai\), next .*: water the plants$/,
  );
  await eventually(async () => expect(await due()).toEqual([expect.stringContaining('\nwater the plants')]));
  expect(await schedules.of(a)).toEqual([]);
  const { redis, tag } = agents.door.mailbox.shards.of(a);
  expect(await redis.exists(keys.scheduled(tag, 'default'), keys.schedulers(tag, 'default'))).toBe(0);
  const { entries } = (await agents.door.conversations.transcript(a, { limit: 10 })) ?? { entries: [] };
  expect(entries.filter(({ role }) => role === 'user').at(-1)).toMatchObject({ from: { id: 'ada' } });
  await eventually(async () => expect(await agents.leftovers(a)).toEqual(nothing));
});

it('lists, pauses, resumes and deletes those of the conversation, and says what does not fit', async () => {
  await open(obedient, 1);
  const first = (await ask({ action: 'create', text: 'news', cron: '0 8 * * 1-5', zone: 'Europe/Berlin' })).slice(
    0,
    12,
  );
  await ask({ action: 'create', text: 'stretch', every: '2h' });
  expect(await ask({ action: 'list' })).toMatch(
    /cron 0 8 \* \* 1-5 .*Europe\/Berlin.*: news\n.*every 2h, next .*: stretch/,
  );
  expect(await ask({ action: 'pause', id: first })).toContain('paused');
  expect(await ask({ action: 'resume', id: first })).toContain('next ');
  for (const [args, problem] of [
    [{ every: '10ms' }, 'every is written like'],
    [{ cron: '* * * * * *' }, 'five fields'],
    [{ cron: '61 * * * *' }, 'no cron expression'],
    [{ at: '2020-01-01T09:00' }, 'has passed'],
    [{ after: '60d' }, 'Not further ahead than 30d'],
    [{ at: '2099-01-01', every: '1h' }, 'exactly one'],
    [{ after: '1h', zone: 'Mars/Base' }, 'no time zone "Mars/Base"'],
  ] as const)
    expect(await ask({ action: 'create', text: 'x', ...args })).toContain(problem);
  await ask({ action: 'create', text: 'third', every: '1d' });
  expect(await ask({ action: 'create', text: 'fourth', every: '1d' })).toContain('There are 3 schedules already');
  expect(await ask({ action: 'delete', id: first })).toBe(`${first} is deleted.`);
  expect(await ask({ action: 'delete', id: first })).toContain('There is no schedule');
  expect(await schedules.of(a)).toHaveLength(2);
});

it('fires what came due while nobody served it: what comes once, and an interval once rather than as often as it was missed', async () => {
  await open(obedient, 0);
  await schedules.add(a, made({ id: 'once' }), 10);
  const [at, endsAt] = [Date.now(), Date.now() + 3_600_000];
  await schedules.add(a, made({ id: 'often', rule: { kind: 'every', everyMs: 100 }, at, endsAt }), 10);
  await schedules.add(a, made({ id: 'late', rule: { kind: 'every', everyMs: 3_600_000 }, at, endsAt }), 10);
  await eventually(() => expect(Date.now()).toBeGreaterThan(at + 500), { timeoutMs: 5_000 });
  const missed = Date.now();
  await agents.start();
  await agents.start();
  const firedAt = async (id: string): Promise<number[]> => {
    const { entries = [] } = (await agents.door.conversations.transcript(a, { limit: 100 })) ?? {};
    return entries.flatMap((entry) => {
      const [, schedule, ms] = entry.role === 'user' ? entry.id.split('.') : [];
      return schedule === id ? [Number(ms)] : [];
    });
  };
  await eventually(async () => expect((await firedAt('often')).length).toBeGreaterThan(2));
  await schedules.delete(a, 'often');
  expect((await firedAt('often')).filter((ms) => ms <= missed)).toHaveLength(1);
  await eventually(async () => expect(await firedAt('once')).toHaveLength(1));
  expect(await firedAt('late')).toEqual([]);
});

it('starts what a crash left without a clock, and ends the clocks of what was forgotten', async () => {
  await open(obedient, 0);
  const book = openScheduleBook(agents.door.mailbox.shards);
  await book.add(a, made(), 10);
  const other = { ...a, conversation: 'c2' };
  await schedules.add(other, made({ id: 'gone', rule: { kind: 'once', at: Date.now() + 60_000 } }), 10);
  await agents.door.conversations.forget(other);
  expect(await schedules.of(other)).toEqual([]);
  await agents.start();
  await eventually(async () => expect(await due()).toHaveLength(1));
  const { redis, tag } = agents.door.mailbox.shards.of(a);
  await eventually(async () => expect(await redis.zcard(`${tag}:schedules:delayed`)).toBe(0));
  expect(await redis.hlen(keys.schedulers(tag, 'default'))).toBe(0);
});

it('makes one schedule of a call that two agents run, and of one that is repeated after a crash and after it was due', async () => {
  await open(obedient, 0);
  const { mailbox } = agents.door;
  const { shards } = mailbox;
  await agents.sayQuietly(a, 'm0');
  const lease = await mailbox.claim(a);
  if (typeof lease === 'string') throw new Error(lease);
  const mail = lease.inbox().mail[0] as PersonMail;
  const ticket = 'a ticket of this very call';
  const args = { action: 'create', text: 'water the plants', after: '1s' };
  const call = { call: '1.1.1', name: 'schedule', args };
  const journal: Journal = {
    ...{ v: 1, turn: 1, step: 1, startedAt: lease.now, toolCalls: 1, usage: { inputTokens: 0, outputTokens: 0 } },
    answers: [mail],
    entries: [
      { v: 1, turn: 1, at: lease.now, role: 'user', id: 'm0', text: mail.text },
      { v: 1, turn: 1, at: lease.now - 1_000, role: 'assistant', text: '', calls: [call] },
    ],
    pending: [{ ...call, ticket, deadlineAt: lease.now + 60_000 }],
  };
  await lease.suspend(journal, { mail: 1, control: 0 }, lease.now + 60_000, []);
  const logger = createLogger('agent', 'error', () => undefined);
  const limits = { per_person: 3, min_interval: 1_000, horizon: 86_400_000 };
  const run = serviceCallRunner(shards, { schedule: scheduleTool(schedules, () => limits) }, logger);
  const around = { address: a, zones: [], now: lease.now };
  await Promise.all([run(around, journal, journal.pending), run(around, journal, journal.pending)]);
  expect(await schedules.of(a)).toHaveLength(1);
  // It is due and gone before the call is repeated.
  const [once] = await schedules.of(a);
  if (once) await schedules.delete(a, once.id);
  await run(around, journal, journal.pending);
  expect((await schedules.of(a)).map(({ id, rule }) => [id, rule])).toEqual([[once?.id, once?.rule]]);
  await agents.start();
  await agents.start();
  expect(await agents.ended(a, 'm0')).toMatchObject({ status: 'answered', turn: 1 });
  await eventually(async () => expect(await due()).toHaveLength(1));
  await run(around, journal, journal.pending);
  expect(await schedules.of(a)).toEqual([]);
});

it('counts as the person who asked, and a turn that a schedule began makes no schedules', async () => {
  await open(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return { text: `done: ${last.text}` };
    return { calls: [{ name: 'schedule', args: { action: 'create', text: 'again', after: '1s' } }] };
  }, 0);
  await schedules.add(a, made(), 10);
  const { redis, tag } = agents.door.mailbox.shards.of(a);
  expect(await redis.hgetall(keys.schedulers(tag, 'default'))).toEqual({ [personIn('http', 'ada')]: '1' });
  await agents.start();
  await eventually(async () =>
    expect(await due()).toEqual(['done: A turn that a schedule began can make no schedules.']),
  );
  expect(await schedules.of(a)).toEqual([]);
});
