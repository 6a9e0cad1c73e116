import { type ActorAddress, keys } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TurnEnd } from './lease-types.js';
import { controlMax } from './limits.js';
import { type Mailbox, openMailbox } from './mailbox.js';
import { claimOutbox, deliverToStreams } from './outbox.js';
import { openShards, type Shard } from './shards.js';
import { claimed, person, reply, somewhere, stop, waitingForTool } from './testing/letters.js';

let redis: Redis;
let mailbox: Mailbox;
let shard: Shard;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  const shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
  const limits = { mailboxMax: 5_000, transcriptMax: 40, historyMax: 10, retentionMs: 3_600_000 };
  mailbox = openMailbox({ shards, mailKey: 'test mail key', limits });
  shard = shards.of({ conversation: 'any' });
});
afterAll(() => redis.disconnect());

const state = (a: ActorAddress, kind: 'messages' | 'replies' = 'messages'): string => keys.state(shard.tag, kind, a);
const none = { mail: 0, control: 0 };
const far = (): number => Date.now() + 60_000;
const end = (more: Partial<TurnEnd> = {}): TurnEnd => ({
  ...{ take: { mail: 1, control: 0 }, turn: 1, reset: false, entries: [], replies: [reply('m1')], ...more },
});

it('cannot be held by a heartbeat that comes after the end of the step', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await lease.suspend(waitingForTool, none, far(), []);
  expect(await lease.renew()).toBeUndefined();
  await lease.arm(far());
  await mailbox.ingest(a, stop('s1'));
  const second = claimed(await mailbox.claim(a));
  await second.commit(end({ take: { mail: 1, control: 1 } }));
  expect([await second.renew(), await second.release()]).toEqual([undefined, false]);
  expect(await mailbox.claim(a)).toBe('empty');
  await mailbox.ingest(a, person('m2'));
  claimed(await mailbox.claim(a));
});

it('tells a heartbeat what has come since', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  expect(await lease.renew()).toEqual({ mail: 0, control: 0 });
  await mailbox.ingest(a, person('m2'));
  await mailbox.ingest(a, stop('s1'));
  expect(await lease.renew()).toEqual({ mail: 1, control: 1 });
});

it('is given back for later, and does not count a try that was nobody’s fault', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).release({ delayMs: 60_000 });
  const due = Number(await redis.zscore(keys.due(shard.tag, 'messages'), `default/${a.conversation}`));
  expect(due).toBeGreaterThan(Date.now() + 30_000);
  const second = claimed(await mailbox.claim(a));
  await second.release({ blameless: true });
  expect([second.tries, claimed(await mailbox.claim(a)).tries]).toEqual([2, 2]);
});

it('shows all waiting mail, not a page of it, once somebody has said stop', async () => {
  const a = somewhere();
  const ids = Array.from({ length: 450 }, (_, at) => `m${at}`);
  await Promise.all(ids.map((id) => mailbox.ingest(a, person(id))));
  const lease = claimed(await mailbox.claim(a));
  expect(lease.inbox().mail).toHaveLength(100);
  await mailbox.ingest(a, stop('s1'));
  await lease.checkpoint({ ...waitingForTool, pending: [] }, none);
  expect(lease.inbox().mail.map(({ id }) => id)).toEqual(ids);
});

it('shows at most about 16 MB of mail', async () => {
  const a = somewhere();
  const text = 'x'.repeat(65_536);
  await mailbox.ingest(a, stop('s1'));
  for (let at = 0; at < 600; at += 100)
    await Promise.all(Array.from({ length: 100 }, (_, n) => mailbox.ingest(a, person(`m${at + n}`, text))));
  const { mail, control } = claimed(await mailbox.claim(a)).inbox();
  expect(control).toHaveLength(1);
  expect(mail).toHaveLength(300);
});

it('wakes a turn that waits for tools for a person’s message only when it was told to', async () => {
  for (const mailWakes of [true, false]) {
    const a = somewhere();
    await mailbox.ingest(a, person('m1'));
    const lease = claimed(await mailbox.claim(a));
    const one = { mail: 1, control: 0 };
    expect(await lease.suspend(waitingForTool, one, far(), [], mailWakes)).toEqual({ wake: false });
    await lease.arm(far());
    expect((await mailbox.ingest(a, person('m2'))).wake).toBe(mailWakes);
    const next = await mailbox.claim(a);
    expect(typeof next === 'string' ? next : next.inbox().mail.map(({ id }) => id)).toEqual(
      mailWakes ? ['m2'] : 'waiting',
    );
  }
});

it('does not sleep over a message that came before it was suspended', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await mailbox.ingest(a, person('m2'));
  expect(await lease.suspend(waitingForTool, { mail: 1, control: 0 }, far(), [], true)).toEqual({ wake: true });
});

it('is not stuck behind the tools that a checkpoint has given up', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const lease = claimed(await mailbox.claim(a));
  await lease.suspend(waitingForTool, { mail: 1, control: 0 }, far(), [], true);
  await lease.arm(far());
  await mailbox.ingest(a, person('m2'));
  const second = claimed(await mailbox.claim(a));
  await second.checkpoint({ ...waitingForTool, pending: [] }, { mail: 1, control: 0 });
  await redis.hset(state(a), 'lease', '1');
  expect(claimed(await mailbox.claim(a)).journal?.pending).toEqual([]);
});

it('takes a bounded number of control mails', async () => {
  const a = somewhere();
  const all = await Promise.all(
    Array.from({ length: controlMax + 1 }, (_, at) => mailbox.ingest(a, stop(`s${at}`)).then(({ outcome }) => outcome)),
  );
  expect(all.filter((outcome) => outcome === 'accepted')).toHaveLength(controlMax);
  expect(all.at(-1)).toBe('full');
});

it('does not let a conversation or an outbox expire while somebody works on it', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).commit(end());
  expect(await redis.pttl(state(a))).toBeGreaterThan(0);
  await mailbox.ingest(a, person('m2'));
  claimed(await mailbox.claim(a));
  expect(await redis.pttl(state(a))).toBe(-1);
  const first = await claimOutbox(shard, a);
  if (typeof first === 'string') throw new Error(first);
  await first.done();
  expect(await redis.pttl(state(a, 'replies'))).toBeGreaterThan(0);
  await claimed(
    await mailbox.claim(a).then(async () => (await redis.hset(state(a), 'lease', '1'), mailbox.claim(a))),
  ).commit(end({ turn: 2, replies: [reply('m2')] }));
  expect(typeof (await claimOutbox(shard, a))).toBe('object');
  expect(await redis.pttl(state(a, 'replies'))).toBe(-1);
});

it('takes no reply away that came after the one which was sent was forgotten, or delivered by somebody else', async () => {
  for (const what of ['forgotten', 'delivered']) {
    const a = somewhere();
    const channel = what === 'delivered' ? 'http' : 'telegram';
    await mailbox.ingest(a, person('m1'));
    await claimed(await mailbox.claim(a)).commit(end({ replies: [reply('r1', channel)] }));
    const slow = await claimOutbox(shard, a);
    if (typeof slow === 'string') throw new Error(slow);
    if (what === 'forgotten') await mailbox.forget(a);
    else {
      await redis.hset(state(a, 'replies'), 'lease', '1');
      await deliverToStreams(shard, [a], ['http']);
    }
    await mailbox.ingest(a, person('m2'));
    await claimed(await mailbox.claim(a)).commit(end({ turn: 3, replies: [reply('r2')] }));
    expect(await slow.done()).toBeUndefined();
    const next = await claimOutbox(shard, a);
    expect(typeof next === 'string' ? next : next.reply?.id).toBe('r2');
  }
});

it('keeps an outbox for whoever still delivers, and not for who lost it', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  await claimed(await mailbox.claim(a)).commit(end({ replies: [reply('r1', 'telegram')] }));
  const first = await claimOutbox(shard, a);
  if (typeof first === 'string') throw new Error(first);
  const ranOut = (): Promise<number> => redis.hset(state(a, 'replies'), 'lease', '1');
  await ranOut();
  expect(await first.renew()).toBe(true);
  expect(await claimOutbox(shard, a)).toBe('busy');
  await ranOut();
  const second = await claimOutbox(shard, a);
  if (typeof second === 'string') throw new Error(second);
  expect([await first.renew(), await second.renew()]).toEqual([false, true]);
  await second.postpone(60_000);
  expect(await second.renew()).toBe(false);
});

it('carries a journal of several megabytes', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const text = '\u0000"\u{1F980}'.repeat(500_000);
  const journal = {
    ...{ ...waitingForTool, pending: [] },
    entries: [{ v: 1 as const, role: 'assistant' as const, text, turn: 1, at: 1 }],
  };
  expect(await claimed(await mailbox.claim(a)).checkpoint(journal, none)).toBe(true);
  await redis.hset(state(a), 'lease', '1');
  expect(claimed(await mailbox.claim(a)).journal?.entries[0]?.text === text).toBe(true);
});

it('says whom a damaged journal was to answer', async () => {
  const a = somewhere();
  await mailbox.ingest(a, person('m1'));
  const { text: _, ...answer } = person('m0');
  await redis.hset(state(a), 'journal', JSON.stringify({ v: 9, turn: 4, answers: [answer], entries: 'what?' }));
  const lease = claimed(await mailbox.claim(a));
  expect([lease.damaged !== undefined, lease.journal?.turn, lease.journal?.answers]).toEqual([true, 4, [answer]]);
  await redis.hset(state(a), { journal: 'nothing at all', lease: '1' });
  const worse = claimed(await mailbox.claim(a));
  expect([worse.damaged, worse.journal]).toEqual(['nothing at all', undefined]);
});
