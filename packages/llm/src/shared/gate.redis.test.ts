import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { keys } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { nodeFromSource, sharedRedis, startRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../testing/requests.js';
import { closedFor, type Entry, failuresMax, failureWindowMs, type Gate, leaseMs, type Pass } from './gate.js';
import { localGate } from './local-gate.js';
import { sharedGate } from './redis-gate.js';

const redises = [1, 2].map(async () => connectRedis(await sharedRedis(), 'command', () => undefined));
afterAll(async () => {
  for (const redis of await Promise.all(redises)) redis.disconnect();
});

let now = 0;
let namespace = '';
let serial = 0;
beforeEach(() => {
  now = 1_000_000;
  namespace = uniqueNamespace();
});
const clock = (): number => now;

/** Two processes' gates, as far as one process can have them; on one machine alone they are the same one. */
const kinds: Readonly<Record<string, () => Promise<readonly [Gate, Gate]>>> = {
  'of one process': async () => {
    const gate = localGate(clock);
    return [gate, gate];
  },
  'that agents share through Redis': async () => {
    const [one, two] = await Promise.all(redises);
    if (one === undefined || two === undefined) throw new Error('no Redis');
    const open = (redis: typeof one): Gate => sharedGate({ connect: () => redis, namespace, logger: silent, clock });
    return [open(one), open(two)];
  },
};

const wish = { rate: undefined, tokens: 10 };
const busy = { how: 'failed', tokens: 0, code: 'llm.overloaded', retryAfterMs: undefined } as const;
const answered = { how: 'answered', tokens: 10 } as const;
const pass = (entry: Entry): Pass => {
  if (!entry.ok) throw new Error(`closed: ${entry.why}`);
  return entry.pass;
};

describe.each(Object.entries(kinds))('a gate %s', (_title, open) => {
  const model = (): string => `model {of} ${(serial += 1)}`;
  const setUp = async (): Promise<{ a: Gate; b: Gate; name: string; fail: (gate?: Gate) => Promise<void> }> => {
    const [a, b] = await open();
    const name = model();
    return { a, b, name, fail: async (gate = a) => pass(await gate.enter(name, wish)).leave(busy) };
  };

  it('is closed for all while the vendor wants to be left alone, for that model alone', async () => {
    const { a, b, name } = await setUp();
    await pass(await a.enter(name, wish)).leave({ ...busy, code: 'llm.rate_limited', retryAfterMs: 7_000 });
    const closed = { ok: false, why: 'trouble', code: 'llm.rate_limited', retryAfterMs: 7_000 };
    expect([await a.enter(name, wish), await b.enter(name, wish)]).toEqual([closed, closed]);
    now += 6_999;
    expect(await b.enter(name, wish)).toMatchObject({ ok: false, retryAfterMs: 1 });
    expect(await b.enter(model(), wish)).toMatchObject({ ok: true });
  });

  it('then lets exactly one request try, and all when it is answered', async () => {
    const { a, b, name } = await setUp();
    await pass(await a.enter(name, wish)).leave({ ...busy, retryAfterMs: 1_000 });
    now += 1_000;
    const entries = await Promise.all([a, b, a, b, b].map((gate) => gate.enter(name, wish)));
    const [tries, ...more] = entries.filter(({ ok }) => ok);
    expect(more).toEqual([]);
    if (tries?.ok !== true) throw new Error('nobody may try');
    tries.pass.answering();
    expect(await b.enter(name, wish)).toMatchObject({ ok: true });
    await tries.pass.leave(answered);
    expect(await a.enter(name, wish)).toMatchObject({ ok: true });
  });

  it('stays closed for longer each time that the one that tries fails', async () => {
    const { a, b, name } = await setUp();
    await pass(await a.enter(name, wish)).leave({ ...busy, retryAfterMs: 0 });
    for (const trips of [1, 2, 3]) {
      await pass(await b.enter(name, wish)).leave(busy);
      expect(await a.enter(name, wish)).toMatchObject({ ok: false, retryAfterMs: closedFor(trips) });
      now += closedFor(trips);
    }
    expect([closedFor(1), closedFor(2), closedFor(99)]).toEqual([5_000, 10_000, 120_000]);
  });

  it('lets the next one try when the one that tried broke off', async () => {
    const { a, b, name } = await setUp();
    await pass(await a.enter(name, wish)).leave({ ...busy, retryAfterMs: 0 });
    const tries = pass(await a.enter(name, wish));
    expect(await b.enter(name, wish)).toMatchObject({ ok: false });
    await tries.leave({ how: 'unknown', tokens: 10 });
    expect(await b.enter(name, wish)).toMatchObject({ ok: true });
  });

  it('closes after failures in a row, within a window, without an answer in between', async () => {
    const { a, b, name, fail } = await setUp();
    for (let at = 1; at < failuresMax; at += 1) await fail(at % 2 === 0 ? a : b);
    await pass(await a.enter(name, wish)).leave(answered);
    for (let at = 1; at < failuresMax; at += 1) await fail();
    now += failureWindowMs + 1;
    for (let at = 1; at < failuresMax; at += 1) await fail();
    expect(await b.enter(name, wish)).toMatchObject({ ok: true });
    await fail();
    expect(await b.enter(name, wish)).toMatchObject({ ok: false, why: 'trouble', retryAfterMs: closedFor(1) });
  });

  it('counts a failure once, though it is told twice', async () => {
    const { a, b, name } = await setUp();
    for (let at = 1; at < failuresMax; at += 1) {
      const entered = pass(await a.enter(name, wish));
      await Promise.all([entered.leave(busy), entered.leave(busy)]);
    }
    expect(await b.enter(name, wish)).toMatchObject({ ok: true });
  });

  it('is not opened by an answer to a request from before', async () => {
    const { a, b, name } = await setUp();
    const before = pass(await b.enter(name, wish));
    await pass(await a.enter(name, wish)).leave({ ...busy, retryAfterMs: 5_000 });
    await before.leave(answered);
    expect(await b.enter(name, wish)).toMatchObject({ ok: false });
  });

  it('never lets more requests in than any 60 seconds may have', async () => {
    const { a, b, name } = await setUp();
    const rate = { requests_per_minute: 7 };
    const times: number[] = [];
    for (let at = 0; at < 300; at += 1) {
      now += (at * 7_919) % 3_001;
      const entry = await (at % 2 === 0 ? a : b).enter(name, { rate, tokens: 1 });
      if (entry.ok) times.push(now);
      else {
        expect(entry).toMatchObject({ why: 'rate', code: 'llm.rate_limited' });
        expect(entry.retryAfterMs).toBeGreaterThan(0);
      }
    }
    expect(times.length).toBeGreaterThan(30);
    for (const start of times) expect(times.filter((at) => at >= start && at < start + 60_000).length).toBeLessThan(8);
  });

  it('says when there is room again, and then there is', async () => {
    const { a, b, name } = await setUp();
    const ask = { rate: { requests_per_minute: 2 }, tokens: 1 };
    await a.enter(name, ask);
    now += 10_000;
    await b.enter(name, ask);
    const full = await a.enter(name, ask);
    now += full.ok ? 0 : full.retryAfterMs;
    expect(await b.enter(name, ask)).toMatchObject({ ok: true });
    expect(await a.enter(name, ask)).toMatchObject({ ok: false });
  });

  it('counts the most tokens of a request until it is over, and then what it cost', async () => {
    const { a, b, name } = await setUp();
    const rate = { tokens_per_minute: 1_000 };
    const first = pass(await a.enter(name, { rate, tokens: 900 }));
    expect(await b.enter(name, { rate, tokens: 200 })).toMatchObject({ ok: false, why: 'rate' });
    await first.leave({ how: 'answered', tokens: 100 });
    await first.leave({ how: 'answered', tokens: 100 });
    expect(await b.enter(name, { rate, tokens: 901 })).toMatchObject({ ok: false });
    expect(await b.enter(name, { rate, tokens: 900 })).toMatchObject({ ok: true });
    // What alone is beyond the limit would never be asked.
    now += 61_000;
    expect(await b.enter(name, { rate, tokens: 5_000 })).toMatchObject({ ok: true });
    expect(await a.enter(name, { rate, tokens: 1 })).toMatchObject({ ok: false });
  });

  it('never lets more in at the same time than may be', async () => {
    const { a, b, name } = await setUp();
    const ask = { rate: { concurrent: 3 }, tokens: 1 };
    const entries = await Promise.all(Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? a : b).enter(name, ask)));
    const inside = entries.filter(({ ok }) => ok);
    expect(inside).toHaveLength(3);
    await pass(inside[0] ?? entries[0] ?? (await a.enter(name, ask))).leave(answered);
    expect(await b.enter(name, ask)).toMatchObject({ ok: true });
    expect(await a.enter(name, ask)).toMatchObject({ ok: false, why: 'rate' });
  });
});

describe('a shared gate', () => {
  const make = kinds['that agents share through Redis'] ?? (() => Promise.reject(new Error('none')));

  it('gives back the place and the try of a process that died', async () => {
    const [a, b] = await make();
    const ask = { rate: { concurrent: 1 }, tokens: 1 };
    await a.enter('held', ask);
    await pass(await a.enter('tried', wish)).leave({ ...busy, retryAfterMs: 0 });
    await a.enter('tried', wish);
    now += leaseMs - 1;
    expect([await b.enter('held', ask), await b.enter('tried', wish)]).toMatchObject([{ ok: false }, { ok: false }]);
    now += 1;
    expect([await b.enter('held', ask), await b.enter('tried', wish)]).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it('leaves nothing in Redis of a healthy model without limits, and nothing for ever of others', async () => {
    const [a] = await make();
    const redis = connectRedis(await sharedRedis(), 'command', () => undefined);
    const left = (name: string): Promise<number[]> =>
      Promise.all(
        (['breaker', 'window', 'calls'] as const).map((what) => redis.pttl(keys.model(namespace, name, what))),
      );
    await pass(await a.enter('healthy', wish)).leave(answered);
    expect(await left('healthy')).toEqual([-2, -2, -2]);
    const limited = pass(
      await a.enter('limited', { rate: { requests_per_minute: 5, tokens_per_minute: 500, concurrent: 5 }, tokens: 1 }),
    );
    for (const ms of (await left('limited')).slice(1)) expect(ms).toBeGreaterThan(0);
    await limited.leave(busy);
    expect((await left('limited'))[0]).toBeGreaterThan(0);
    redis.disconnect();
  });

  it('never lets more in than the limit when two processes ask as fast as they can', async () => {
    const script = `
      const { connectRedis, createLogger } = await import('@queueclaw/runtime');
      const { sharedGate } = await import(${JSON.stringify(new URL('./redis-gate.ts', import.meta.url).href)});
      const connect = () => connectRedis(process.argv[1], 'command', () => undefined);
      const gate = sharedGate({ connect, namespace: process.argv[2], logger: createLogger('test', 'silent') });
      let inside = 0;
      for (let round = 0; round < 20; round += 1) {
        const wish = { rate: { requests_per_minute: 40, tokens_per_minute: 1_000_000 }, tokens: 5 };
        const entries = await Promise.all(Array.from({ length: 10 }, () => gate.enter('hot', wish)));
        inside += entries.filter(({ ok }) => ok).length;
      }
      console.log(inside);
      gate.close();`;
    const args = [...nodeFromSource, '--input-type=module', '-e', script, await sharedRedis(), namespace];
    const outputs = await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, args)));
    expect(outputs.reduce((sum, { stdout }) => sum + Number(stdout), 0)).toBe(40);
  });

  it('lets requests in when Redis is away, by what this process alone knows', async () => {
    const server = await startRedis();
    const redis = connectRedis(server.url, 'command', () => undefined);
    const gate = sharedGate({ connect: () => redis, namespace, logger: silent });
    const ask = { rate: { requests_per_minute: 2 }, tokens: 1 };
    const during = pass(await gate.enter('it', ask));
    await server.stop();
    await during.leave(busy);
    const entries = [await gate.enter('it', ask), await gate.enter('it', ask), await gate.enter('it', ask)];
    expect(entries.map(({ ok }) => ok)).toEqual([true, true, false]);
    redis.disconnect();
  });
});
