import {
  type ActorAddress,
  actorMember,
  type ControlMail,
  type Journal,
  keys,
  type PersonMail,
  type Reply,
} from '@queueclaw/contracts';
import { connectRedis, registry } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Claim, Lease, TurnEnd } from './lease-types.js';
import { wakeGraceMs } from './limits.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { claimOutbox, deliverToStreams } from './outbox.js';
import { applyResults, resultsGroup } from './results.js';
import { openShards, type Shard } from './shards.js';
import { survey } from './survey.js';

let redis: Redis;
let mailbox: Mailbox;
let shard: Shard;
let serial = 0;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  const shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  const limits = { mailboxMax: 3, transcriptMax: 4, historyMax: 10, retentionMs: 3_600_000 };
  mailbox = openMailbox({ shards, mailKey: 'test mail key', limits });
  shard = shards.of({ conversation: 'any' });
});
afterAll(() => redis.disconnect());

const somewhere = (): ActorAddress => ({ tenant: 'default', conversation: `c${(serial += 1)}` });
const route = { channel: 'http' };
const from = { id: 'ada' };
const person = (id: string, text = 'hi'): PersonMail => ({ v: 1, kind: 'person', id, text, from, route, at: 1 });
const stop = (id: string): ControlMail => ({ v: 1, kind: 'control', id, action: 'stop', from, route, at: 1 });
const usage = { inputTokens: 0, outputTokens: 0 };
const reply = (turn: number, answers: string[], channel = 'http'): Reply => ({
  ...{ v: 1, id: `r${turn}`, turn, text: 'hello', answers, status: 'answered', route: { channel }, at: 1 },
});
const end = (turn: number, answers: string[], more: Partial<TurnEnd> = {}): TurnEnd => ({
  take: { mail: answers.length, control: 0 },
  turn,
  reset: false,
  entries: answers.map((id) => ({ v: 1, role: 'user', id, text: 'hi', turn, at: 1 })),
  replies: [reply(turn, answers)],
  ...more,
});
const journal = (turn: number, calls: string[], deadlineAt = Date.now() + 60_000): Journal => ({
  ...{ v: 1, turn, step: 1, startedAt: 1, answers: [], entries: [], toolCalls: calls.length, usage },
  pending: calls.map((call) => ({ call, name: 'shell', args: {}, ticket: `ticket-of-call-${call}`, deadlineAt })),
});
const claimed = (claim: Claim): Lease => {
  if (typeof claim === 'string') throw new Error(`expected a lease, got ${claim}`);
  return claim;
};
/** As if the worker had died and its lease run out. */
const loseLease = (a: ActorAddress): Promise<number> => redis.hset(keys.state(shard.tag, 'messages', a), 'lease', '0');
const dueAt = async (a: ActorAddress): Promise<number | undefined> => {
  const score = await redis.zscore(keys.due(shard.tag, 'messages'), `${a.tenant}/${a.conversation}`);
  return score === null ? undefined : Number(score);
};
const outcome = { ok: true, text: 'done', ms: 1 };
const giveResult = async (a: ActorAddress, call: string, ticket = `ticket-of-call-${call}`): Promise<string> => {
  const result = { v: 1 as const, ...a, call, tool: 'shell', ticket, outcome };
  const stream = keys.results(shard.tag);
  await redis.xgroup('CREATE', stream, resultsGroup, '0', 'MKSTREAM').catch(() => undefined);
  const entry = (await redis.xadd(stream, '*', 'r', JSON.stringify(result))) ?? '';
  return (await applyResults(shard, [{ entry, result }]))[0] ?? '';
};

it('wakes an idle conversation once, and keeps its mail in order', async () => {
  const a = somewhere();
  expect(await mailbox.ingest(a, person('m1', 'one'))).toMatchObject({ outcome: 'accepted', position: 0, wake: true });
  expect(await mailbox.ingest(a, person('m2', 'two'))).toMatchObject({ outcome: 'accepted', position: 1, wake: false });
  const lease = claimed(await mailbox.claim(a));
  expect(lease.inbox().mail.map((mail) => mail.text)).toEqual(['one', 'two']);
});

it('puts a message in once however often it arrives, and refuses another text under its id', async () => {
  const a = somewhere();
  const all = await Promise.all([1, 2, 3].map(() => mailbox.ingest(a, person('same'))));
  expect(all.map(({ outcome: what }) => what)).toEqual(['accepted', 'duplicate', 'duplicate']);
  expect((await mailbox.ingest(a, person('same', 'other'))).outcome).toBe('conflict');
  expect(claimed(await mailbox.claim(a)).inbox().mail).toHaveLength(1);
});

it('answers full beyond the cap, yet lets control mail through and in front', async () => {
  const a = somewhere();
  for (const id of ['f1', 'f2', 'f3']) await mailbox.ingest(a, person(id));
  expect((await mailbox.ingest(a, person('f4'))).outcome).toBe('full');
  expect((await mailbox.ingest(a, stop('s1'))).outcome).toBe('accepted');
  const { mail, control } = claimed(await mailbox.claim(a)).inbox();
  expect([mail.length, control.length]).toEqual([3, 1]);
});

it('lets one worker at a time claim, and a second one only after the lease is lost', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const first = claimed(await mailbox.claim(a));
  expect(await mailbox.claim(a)).toBe('busy');
  await loseLease(a);
  const second = claimed(await mailbox.claim(a));
  expect([first.epoch, second.epoch]).toEqual([1, 2]);
  expect(second.tries).toBe(2);
});

it('changes nothing for a worker whose epoch is stale', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const frozen = claimed(await mailbox.claim(a));
  await loseLease(a);
  const alive = claimed(await mailbox.claim(a));
  expect(await frozen.checkpoint(journal(1, []), { mail: 1, control: 0 })).toBe(false);
  expect(await frozen.suspend(journal(1, ['1.1.1']), { mail: 1, control: 0 }, Date.now() + 60_000, [])).toBeUndefined();
  expect(await frozen.arm(1)).toBe(false);
  expect(await frozen.renew()).toBeUndefined();
  expect(await frozen.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: 1, text: 'x' }])).toBe(false);
  expect(await frozen.commit(end(1, ['m1']))).toBeUndefined();
  expect(await redis.exists(keys.live(shard.tag, a), keys.transcript(shard.tag, a))).toBe(0);
  expect(await alive.commit(end(1, ['m1']))).toEqual({ left: 0, outbox: 1 });
});

it('pops exactly the mail that was answered; what came meanwhile makes it due again', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  expect((await mailbox.ingest(a, person('m2'))).wake).toBe(false);
  expect(await lease.commit(end(1, ['m1']))).toEqual({ left: 1, outbox: 1 });
  expect(await dueAt(a)).toBeLessThanOrEqual(Date.now() + wakeGraceMs);
  const next = claimed(await mailbox.claim(a));
  expect(next.inbox().mail.map(({ id }) => id)).toEqual(['m2']);
  expect([next.turn, next.tries, next.history.length]).toEqual([1, 1, 1]);
});

it('is idle, and due no more, after the last mail was answered', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).commit(end(1, ['m1']));
  expect(await dueAt(a)).toBeUndefined();
  expect(await mailbox.claim(a)).toBe('empty');
  expect((await mailbox.ingest(a, person('m2'))).wake).toBe(true);
});

it('resumes from the checkpoint after a crash, with mail that it holds popped', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await mailbox.ingest(a, person('m2'));
  expect(await lease.checkpoint(journal(1, []), { mail: 1, control: 0 })).toBe(true);
  expect(lease.inbox().mail.map(({ id }) => id)).toEqual(['m2']);
  await loseLease(a);
  const again = claimed(await mailbox.claim(a));
  expect(again.journal?.turn).toBe(1);
  expect(again.tries).toBe(1);
});

it('finds a conversation again when its worker died right after ingest, claim, checkpoint, suspend, or the last result', async () => {
  const dispatched = async (a: ActorAddress): Promise<boolean> => {
    const member = `${a.tenant}/${a.conversation}`;
    await redis.zadd(keys.due(shard.tag, 'messages'), 'LT', 1, member);
    return (await mailbox.dispatch(shard, 'messages', 1_000)).some((b) => b.conversation === a.conversation);
  };
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  expect(await dispatched(a)).toBe(true);
  const lease = claimed(await mailbox.claim(a));
  expect(await dispatched(a)).toBe(true);
  await lease.checkpoint(journal(1, []), { mail: 1, control: 0 });
  expect(await dispatched(a)).toBe(true);
  await lease.suspend(journal(1, ['1.1.1']), { mail: 0, control: 0 }, Date.now() + 60_000, []);
  expect(await dueAt(a)).toBeLessThanOrEqual(Date.now() + 3_000);
  expect(await dispatched(a)).toBe(true);
  const healer = claimed(await mailbox.claim(a));
  expect(healer.journal?.pending).toHaveLength(1);
  await healer.suspend(healer.journal ?? journal(1, []), { mail: 0, control: 0 }, Date.now() + 60_000, []);
  await healer.arm(Date.now() + 60_000);
  expect(await giveResult(a, '1.1.1')).toBe('wake');
  expect(await dispatched(a)).toBe(true);
  expect(claimed(await mailbox.claim(a)).results).toEqual([{ call: '1.1.1', outcome }]);
});

it('leaves a suspended conversation alone until its results, its deadline, or control mail', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  const deadlineAt = Date.now() + 60_000;
  expect(
    await lease.suspend(journal(1, ['1.1.1', '1.1.2'], deadlineAt), { mail: 1, control: 0 }, deadlineAt, []),
  ).toEqual({ wake: false });
  await lease.arm(deadlineAt);
  expect(await dueAt(a)).toBe(deadlineAt);
  expect((await mailbox.ingest(a, person('m2'))).wake).toBe(false);
  expect(await mailbox.claim(a)).toBe('waiting');
  expect(await giveResult(a, '1.1.1')).toBe('taken');
  expect(await mailbox.claim(a)).toBe('waiting');
  expect((await mailbox.ingest(a, stop('s1'))).wake).toBe(true);
  const woken = claimed(await mailbox.claim(a));
  expect(woken.inbox()).toMatchObject({ mail: [{ id: 'm2' }], control: [{ id: 's1' }] });
});

it('claims a suspended conversation whose tools are overdue', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await lease.suspend(journal(1, ['1.1.1'], 5), { mail: 1, control: 0 }, 5, []);
  await lease.arm(5);
  expect(claimed(await mailbox.claim(a)).journal?.pending[0]?.call).toBe('1.1.1');
});

it('takes a result once, and only with its ticket', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await lease.suspend(journal(1, ['1.1.1']), { mail: 1, control: 0 }, Date.now() + 60_000, []);
  expect(await giveResult(a, '1.1.1', 'ticket-of-somebody-else')).toBe('refused');
  expect(await giveResult(a, '1.1.1')).toBe('wake');
  expect(await giveResult(a, '1.1.1')).toBe('refused');
  expect(await redis.xlen(keys.results(shard.tag))).toBe(0);
});

it('makes a result that came before the tasks were confirmed count, and is not put off by the confirmation', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await lease.suspend(journal(1, ['1.1.1']), { mail: 1, control: 0 }, Date.now() + 60_000, []);
  expect(await giveResult(a, '1.1.1')).toBe('wake');
  await lease.arm(Date.now() + 60_000);
  expect(await dueAt(a)).toBeLessThanOrEqual(Date.now() + wakeGraceMs);
});

it('drops forged mail and mail of another conversation, and counts it', async () => {
  const a = somewhere();
  const mb = keys.mailbox(shard.tag, 'messages', a);
  await redis.rpush(mb, `forged.${JSON.stringify(person('evil'))}`);
  await redis.rpush(keys.control(shard.tag, a), `-.${JSON.stringify(stop('evil'))}`);
  await mailbox.ingest(a, person('m1'));
  // Claimed twice, as after a crash: counted when it is gone, once.
  await claimed(await mailbox.claim(a)).release();
  const lease = claimed(await mailbox.claim(a));
  expect(lease.inbox().mail.map(({ id }) => id)).toEqual(['m1']);
  expect(lease.inbox().control).toEqual([]);
  const counted = async (): Promise<string> =>
    (await registry.getSingleMetricAsString('queueclaw_mail_refused_total'))
      .split('\n')
      .filter((line) => line.startsWith('queueclaw_'))
      .join(' ');
  const before = (await survey(mailbox.shards, 0)).refusedMail;
  await lease.commit(end(1, ['m1']));
  expect(await redis.llen(mb)).toBe(0);
  await eventually(async () => expect((await survey(mailbox.shards, 0)).refusedMail).toBe(before + 2));
  expect(await counted()).toMatch(/kind="person"\} 1.*kind="control"\} 1/);
});

it('keeps a bounded transcript and knows how much it cut', async () => {
  const a = somewhere();
  for (let turn = 1; turn <= 6; turn += 1) {
    await mailbox.ingest(a, person(`m${turn}`));
    await claimed(await mailbox.claim(a)).commit(end(turn, [`m${turn}`]));
  }
  expect(await redis.llen(keys.transcript(shard.tag, a))).toBe(4);
  expect(await redis.hget(keys.state(shard.tag, 'messages', a), 'trimmed')).toBe('2');
});

it('puts poison mail aside in the same step that tells its person', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).commit(end(1, ['m1'], { deadLetter: { conversation: a.conversation } }));
  expect(await redis.lrange(keys.dead(shard.tag), -1, -1)).toEqual([JSON.stringify({ conversation: a.conversation })]);
});

it('shares what is due among dispatchers: what one took, another does not get', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await redis.zadd(keys.due(shard.tag, 'messages'), 1, `${a.tenant}/${a.conversation}`);
  const [one, two] = await Promise.all([
    mailbox.dispatch(shard, 'messages', 1_000),
    mailbox.dispatch(shard, 'messages', 1_000),
  ]);
  expect([...one, ...two].filter((b) => b.conversation === a.conversation)).toHaveLength(1);
});

it('delivers an outbox in order, records every answered message, and leaves another channel its turn', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).commit(
    end(1, ['m1'], { replies: [reply(1, ['m1']), reply(2, ['m2'], 'telegram'), reply(3, ['m3'])] }),
  );
  expect(await deliverToStreams(shard, [a], ['http', 'web'])).toEqual([{ delivered: 1, left: 'telegram' }]);
  expect((await mailbox.record('default', 'm1', a.conversation))?.record).toMatchObject({
    status: 'answered',
    reply: { id: 'r1' },
  });
  const head = await claimOutbox(shard, a);
  if (typeof head === 'string') throw new Error(head);
  expect(head.reply?.id).toBe('r2');
  expect(await deliverToStreams(shard, [a], ['http'])).toEqual([{ delivered: 0, left: undefined }]);
  expect(await claimOutbox(shard, a)).toBe('busy');
  expect(await head.done()).toBe(1);
  expect(await deliverToStreams(shard, [a], ['http'])).toEqual([{ delivered: 1, left: undefined }]);
  expect(await redis.llen(keys.live(shard.tag, a))).toBe(3);
});

it('lets only the holder of the outbox say that its head was delivered', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).commit(end(1, ['m1'], { replies: [reply(1, ['m1'], 'telegram')] }));
  const frozen = await claimOutbox(shard, a);
  await redis.hset(keys.state(shard.tag, 'replies', a), 'lease', '0');
  const alive = await claimOutbox(shard, a);
  if (typeof frozen === 'string' || typeof alive === 'string') throw new Error('expected two leases');
  expect(await frozen.done()).toBeUndefined();
  expect(await frozen.postpone(1)).toBe(false);
  expect(await alive.postpone(60_000)).toBe(true);
  expect(await claimOutbox(shard, a)).toBe('later');
});

it('forgets a conversation whole, and a step that still runs cannot bring it back', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  const forgotten = (): Promise<[string, string[]][]> => redis.xrange(keys.forgotten(shard.tag), '-', '+');
  const before = (await forgotten()).length;
  await mailbox.forget(a);
  await mailbox.forget(a);
  expect((await forgotten()).slice(before).map(([, fields]) => fields)).toEqual([['a', actorMember(a), 't', '1']]);
  expect(await lease.commit(end(1, ['m1']))).toBeUndefined();
  expect(await redis.exists(keys.transcript(shard.tag, a), keys.mailbox(shard.tag, 'messages', a))).toBe(0);
  expect(await mailbox.claim(a)).toBe('empty');
  expect(await mailbox.forget(somewhere())).toBe(false);
});

it('keeps tenants apart: the same conversation and message id are two', async () => {
  const a = somewhere();
  const b = { ...a, tenant: 'acme' };
  await mailbox.ingest(a, person('m1', 'mine'));
  expect((await mailbox.ingest(b, person('m1', 'theirs'))).outcome).toBe('accepted');
  expect(
    claimed(await mailbox.claim(b))
      .inbox()
      .mail.map(({ text }) => text),
  ).toEqual(['theirs']);
});

it('reads the transcript anew when another worker has added to it, and remembers nothing that was forgotten', async () => {
  const a = somewhere();
  const { shards } = mailbox;
  const limits = { mailboxMax: 3, transcriptMax: 4, historyMax: 10, retentionMs: 3_600_000 };
  const other = openMailbox({ shards, mailKey: 'test mail key', limits });
  for (const [turn, by] of [mailbox, other, other, mailbox].entries()) {
    await mailbox.ingest(a, person(`m${turn}`));
    const lease = claimed(await by.claim(a));
    expect(lease.history.map((entry) => entry.turn)).toEqual(Array.from({ length: turn }, (_, at) => at + 1));
    await lease.commit(end(turn + 1, [`m${turn}`]));
  }
  await other.forget(a);
  await mailbox.ingest(a, person('anew'));
  expect(claimed(await mailbox.claim(a)).history).toEqual([]);
});
