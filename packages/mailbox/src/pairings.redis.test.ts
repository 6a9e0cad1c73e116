import { keys, type PairingRequest, type Reply } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notify } from './notify.js';
import { claimOutbox } from './outbox.js';
import { withinPace } from './pace.js';
import { openPairings, type Pairings, type PairingTimes } from './pairings.js';
import { openShards, type Shards } from './shards.js';

let redis: Redis;
let shards: Shards;
let pairings: Pairings;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
});
afterAll(() => redis.disconnect());
beforeEach(() => {
  shards = openShards({ namespace: uniqueNamespace(), shards: 2 }, redis);
  pairings = openPairings(shards);
});

const main = { tenant: 'acme', account: 'telegram/main' };
const of = (id: string): PairingRequest => ({
  ...{ v: 1, from: { id, name: `Name of\n${id}` }, conversation: `telegram.main.${id}`, language: 'en' },
  route: { channel: 'telegram', account: 'main', address: { chat: id } },
});
const reopened = (times: PairingTimes): Pairings => openPairings(shards, times);

describe('somebody unknown', () => {
  it('has one code, however often and to whatever replica they write', async () => {
    const answers = await Promise.all(
      ['AAAA', 'BBBB', 'CCCC'].map((code) => openPairings(shards).ask(main, of('7'), code)),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ telling: 1 });
    expect(await pairings.isPaired(main, '7')).toBe(false);
  });

  it('is told again only after a while', async () => {
    await pairings.ask(main, of('7'), 'AAAA');
    expect(await pairings.ask(main, of('7'), 'BBBB')).toEqual({ code: 'AAAA', telling: 1 });
    expect(await reopened({ againMs: 0 }).ask(main, of('7'), 'BBBB')).toEqual({ code: 'AAAA', telling: 2 });
    expect(await pairings.ask(main, of('7'), 'BBBB')).toEqual({ code: 'AAAA', telling: 2 });
  });

  it('gets another code when the first one has expired, which nobody can approve any more', async () => {
    const short = reopened({ ttlMs: 1 });
    await short.ask(main, of('7'), 'AAAA');
    await eventually(async () => expect((await short.list('acme')).waiting).toEqual([]));
    await expect(short.approve('acme', 'AAAA', 'Grace')).rejects.toMatchObject({ code: 'pairing.not_found' });
    await eventually(async () => expect(await short.ask(main, of('7'), 'BBBB')).toMatchObject({ code: 'BBBB' }));
  });

  it('waits among a bounded number, in which who has expired makes room', async () => {
    for (let at = 0; at < 100; at += 1) await pairings.ask(main, of(`p${at}`), `C${at}`);
    expect(await pairings.ask(main, of('late'), 'LATE')).toBe('full');
    expect(await pairings.ask(main, of('p5'), 'LATE')).toMatchObject({ code: 'C5' });
    expect(await pairings.ask({ ...main, account: 'telegram/other' }, of('late'), 'L8')).toMatchObject({ code: 'L8' });
    await eventually(async () =>
      expect(await reopened({ ttlMs: 5 }).ask(main, of('late'), 'LATE')).toMatchObject({ code: 'LATE' }),
    );
  });
});

describe('an operator', () => {
  it('approves a code, and the person may write from then on; once more is the same', async () => {
    await pairings.ask(main, of('7'), 'AAAA');
    expect((await pairings.list('acme')).waiting).toMatchObject([{ ...main, code: 'AAAA', person: '7' }]);
    for (const by of ['Grace', 'Bob'])
      expect(await pairings.approve('acme', 'AAAA', by)).toEqual({ ...main, request: of('7') });
    expect(await pairings.isPaired(main, '7')).toBe(true);
    const address = { tenant: 'acme', conversation: of('7').conversation };
    const told = await claimOutbox(shards.of(address), address);
    expect(told).toMatchObject({ reply: { text: 'You can write to me now.', route: of('7').route }, waiting: 1 });
    const people = [expect.objectContaining({ ...main, person: '7', name: 'Name of\n7', by: 'Grace' })];
    expect(await pairings.list('acme')).toEqual({ waiting: [], people });
    expect(await pairings.of('acme', 'telegram', '7')).toEqual(people);
  });

  it('approves nobody of another tenant, account or code', async () => {
    await pairings.ask(main, of('7'), 'AAAA');
    await expect(pairings.approve('other', 'AAAA', 'Grace')).rejects.toMatchObject({ code: 'pairing.not_found' });
    await expect(pairings.approve('acme', 'AAAB', 'Grace')).rejects.toMatchObject({ code: 'pairing.not_found' });
    await pairings.approve('acme', 'AAAA', 'Grace');
    expect(await pairings.isPaired({ ...main, account: 'telegram/other' }, '7')).toBe(false);
    expect(await pairings.isPaired({ ...main, tenant: 'other' }, '7')).toBe(false);
  });

  it('revokes a person, who needs another code then', async () => {
    await pairings.ask(main, of('7'), 'AAAA');
    await pairings.approve('acme', 'AAAA', 'Grace');
    expect([await pairings.revoke(main, '7'), await pairings.revoke(main, '7')]).toEqual([true, false]);
    expect(await pairings.isPaired(main, '7')).toBe(false);
    expect(await pairings.ask(main, of('7'), 'BBBB')).toEqual({ code: 'BBBB', telling: 1 });
  });

  it('forgets a person in every account of a channel, and nobody else', async () => {
    for (const [at, account] of ['telegram/main', 'telegram/two', 'slack/main'].entries()) {
      await pairings.ask({ ...main, account }, of('7'), `C${at}`);
      await pairings.approve('acme', `C${at}`, 'Grace');
    }
    expect([await pairings.forget('acme', 'telegram', '7'), await pairings.forget('acme', 'telegram', '7')]).toEqual([
      true,
      false,
    ]);
    expect((await pairings.list('acme')).people.map(({ account }) => account)).toEqual(['slack/main']);
  });
});

describe('what the system itself says', () => {
  const address = { tenant: 'acme', conversation: 'telegram.main.7' };
  const reply: Reply = {
    ...{ v: 1, id: 'notice-1', turn: 0, text: 'hello', answers: [], status: 'answered', at: 0 },
    route: of('7').route,
  };

  it('goes the way of replies, once for its id, and is due at once', async () => {
    expect(await Promise.all([1, 2].map(() => notify({ shards, address, reply })))).toEqual([true, false]);
    const lease = await claimOutbox(shards.of(address), address);
    if (typeof lease === 'string') throw new Error(lease);
    expect(lease).toMatchObject({ reply, waiting: 1 });
    expect(await lease.done()).toBe(0);
    expect(await notify({ shards, address, reply })).toBe(false);
    expect(await notify({ shards, address: { ...address, conversation: 'telegram.main.8' }, reply })).toBe(true);
  });

  it('leaves nothing that would be taken for a conversation', async () => {
    await notify({ shards, address, reply });
    const { tag } = shards.of(address);
    expect(await redis.exists(keys.conversations(tag, 'acme'), keys.state(tag, 'messages', address))).toBe(0);
  });
});

describe('the pace of a conversation', () => {
  const address = { tenant: 'acme', conversation: 'telegram.main.7' };
  const hear = (id: string, perMinute = 3): Promise<boolean> => withinPace(shards, address, id, perMinute);

  it('is so many messages in a minute; one that comes again counts once', async () => {
    const heard = [];
    for (const id of ['a', 'b', 'a', 'c', 'd', 'b']) heard.push(await hear(id));
    expect(heard).toEqual([true, true, true, true, false, true]);
    expect(await withinPace(shards, { ...address, conversation: 'telegram.main.8' }, 'd', 3)).toBe(true);
  });

  it('is ten times as many in an hour', async () => {
    const key = keys.pace(shards.of(address).tag, address);
    const earlier = Date.now() - 600_000;
    await redis.zadd(key, ...Array.from({ length: 29 }, (_, at) => [earlier, `old${at}`]).flat());
    await redis.zadd(key, Date.now() - 3_700_000, 'older than an hour');
    expect([await hear('a'), await hear('b')]).toEqual([true, false]);
  });
});
