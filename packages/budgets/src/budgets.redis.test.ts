import { budgetScopes, budgetTag, keys } from '@queueclaw/contracts';
import { startRedis } from '@queueclaw/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { outputTokensMin } from './budgets.js';
import { ada, type Bench, openBench } from './testing/bench-budgets.js';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
const open = async (budgets: unknown): Promise<Bench> => (bench = await openBench(budgets));

describe('a budget', () => {
  it('is of nobody who has no limit', async () => {
    const { open: start } = await open({ tenants: { acme: { person: { turns: 1 } } } });
    const budgets = start();
    expect([budgets.limited('default'), budgets.limited('acme')]).toEqual([false, true]);
  });

  it('counts what is put aside until what was spent is known', async () => {
    const all = { tokens: 10_000, money: 1 };
    const { open: start, granted, settled, used } = await open({ person: all, conversation: all, tenant: all });
    const reservation = await granted(start());
    expect(await used('tokens')).toEqual([1_100, 1_100, 1_100]);
    expect(await used('money')).toEqual([2_100, 2_100, 2_100]);
    await settled(reservation, { tokens: 130, costMicros: 160 });
    expect(await used('tokens')).toEqual([130, 130, 130]);
    expect(await used('money')).toEqual([160, 160, 160]);
  });

  it('shortens the answer to what is left, and refuses when that is nothing', async () => {
    const { open: start, granted, settled, wish } = await open({ person: { tokens: 1_500 } });
    const budgets = start();
    await settled(await granted(budgets), { tokens: 1_000, costMicros: 0 });
    expect((await granted(budgets)).outputTokensMax).toBe(400);
    const verdict = await budgets.reserve(wish());
    expect(verdict).toMatchObject({ ok: false, hit: { scope: 'person', unit: 'tokens', limit: 1_500 } });
  });

  it('never grants an answer too short to be one', async () => {
    const { open: start, wish } = await open({ person: { tokens: 100 + outputTokensMin - 1 } });
    expect((await start().reserve(wish())).ok).toBe(false);
  });

  it('of money shortens the answer too, and counts the dearest', async () => {
    const { open: start, granted, used } = await open({ conversation: { money: 0.001 } });
    const reservation = await granted(start(), { price: { input: 0.15, output: 2.5 } });
    expect(reservation.outputTokensMax).toBe(394);
    expect(await used('money')).toEqual([1_000]);
  });

  it('counts nothing in any scope when one refuses', async () => {
    const {
      open: start,
      used,
      wish,
    } = await open({
      person: { tokens: 9_000, turns: 9 },
      conversation: { tokens: 9_000 },
      tenant: { tokens: 1_000, turns: 5 },
    });
    const verdict = await start().reserve(wish({ inputTokens: 990 }));
    expect(verdict).toMatchObject({ ok: false, hit: { scope: 'tenant' } });
    expect([...(await used('tokens')), ...(await used('turns'))]).toEqual([0, 0, 0, 0, 0]);
  });

  it('is a tenant’s own', async () => {
    const { open: start, granted } = await open({ tenant: { tokens: 2_000 }, person: { tokens: 2_000 } });
    const budgets = start();
    await granted(budgets, { payer: { ...ada, tenant: 'one' }, outputTokensMax: 1_900 });
    await granted(budgets, { payer: { ...ada, tenant: 'two' }, outputTokensMax: 1_900 });
  });

  it('holds for all replicas together, however many ask at once', async () => {
    const { open: start, wish, used, settled } = await open({ person: { tokens: 20_000 } });
    const replicas = [start(), start(), start()];
    const verdicts = await Promise.all(
      replicas.flatMap((replica) => Array.from({ length: 100 }, () => replica.reserve(wish()))),
    );
    const granted = verdicts.flatMap((one) => (one.ok ? [one.reservation] : []));
    expect(granted.length).toBe(18);
    expect(await used('tokens')).toEqual([19_800]);
    await Promise.all(granted.map((one) => settled(one, { tokens: 10, costMicros: 0 })));
    expect(await used('tokens')).toEqual([180]);
  });
});

describe('turns', () => {
  it('are counted once, however often a crash repeats the first step', async () => {
    const { open: start, granted, used, wish } = await open({ person: { turns: 2 } });
    const budgets = start();
    for (let time = 0; time < 3; time += 1) await granted(budgets, { turn: 'the same' });
    await granted(budgets, { turn: 'the same', first: false });
    expect(await used('turns')).toEqual([1]);
    await granted(budgets);
    expect(await budgets.reserve(wish())).toMatchObject({ hit: { scope: 'person', unit: 'turns', limit: 2 } });
  });
});

describe('tool calls', () => {
  it('go out as far as there is room, and are counted once a step', async () => {
    const { open: start, used } = await open({ tenant: { tool_calls: 5 }, person: { tool_calls: 9 } });
    const budgets = start();
    const take = (step: string, calls: number): Promise<unknown> =>
      budgets.takeCalls({ payer: ada, now: Date.now() }, step, calls);
    expect(await take('1.1', 3)).toEqual({ calls: 3 });
    expect(await take('1.1', 3)).toEqual({ calls: 3 });
    expect(await take('1.2', 3)).toMatchObject({ calls: 2, hit: { scope: 'tenant', unit: 'tool_calls', limit: 5 } });
    expect(await used('tool_calls')).toEqual([5, 5]);
    expect(await take('1.2', 1)).toEqual({ calls: 1 });
    expect(await used('tool_calls')).toEqual([4, 4]);
    expect(await take('1.3', 0)).toEqual({ calls: 0 });
  });
});

describe('when something dies or comes late', () => {
  it('what was put aside by a process that died stays spent: it may have been', async () => {
    const { open: start, granted, used, wish } = await open({ person: { tokens: 1_500 } });
    await granted(start(), { turn: 'of the dead' });
    expect((await start().reserve(wish({ turn: 'of the dead' }))).ok).toBe(true);
    expect(await used('tokens')).toEqual([1_500]);
    expect((await start().reserve(wish({ turn: 'of the dead' }))).ok).toBe(false);
  });

  it('a settlement that arrives twice counts once', async () => {
    const { open: start, granted, settled, used } = await open({ person: { tokens: 5_000 } });
    const reservation = await granted(start());
    for (const tokens of [40, 40, 900]) await settled(reservation, { tokens, costMicros: 0 });
    expect(await used('tokens')).toEqual([40]);
  });

  it('a settlement whose reservation was forgotten changes nothing', async () => {
    const { redis, space, open: start, granted, settled, used } = await open({ person: { tokens: 5_000 } });
    const reservation = await granted(start());
    await redis.del(keys.reservation(budgetTag(space, 'default'), reservation.id));
    await settled(reservation, { tokens: 40, costMicros: 0 });
    expect(await used('tokens')).toEqual([1_100]);
  });

  it('a settlement counts on the day of its reservation', async () => {
    const { open: start, granted, settled, used } = await open({ person: { tokens: 5_000 } });
    const tomorrow = Date.now() + 86_400_000;
    const reservation = await granted(start());
    await granted(start(), { now: tomorrow });
    await settled(reservation, { tokens: 40, costMicros: 0 });
    expect(await used('tokens')).toEqual([40]);
    expect(await used('tokens', tomorrow)).toEqual([1_100]);
  });

  it('a day that is over for long comes back with no settlement', async () => {
    const { redis, space, open: start, granted, settled } = await open({ person: { tokens: 5_000 } });
    const reservation = await granted(start());
    const names = budgetScopes.map((scope) =>
      keys.budget(budgetTag(space, 'default'), reservation.day.name, scope, scope === 'person' ? ada.person : 'c1'),
    );
    await redis.del(...names, keys.budget(budgetTag(space, 'default'), reservation.day.name, 'tenant', 'default'));
    await settled(reservation, { tokens: 40, costMicros: 0 });
    expect(await redis.keys(`{${space.namespace}.*budget:2*`)).toEqual([]);
  });

  it('more than was put aside is counted, so that nobody goes on spending', async () => {
    const { open: start, granted, settled, used, wish } = await open({ person: { tokens: 5_000 } });
    await settled(await granted(start()), { tokens: 6_000, costMicros: 0 });
    expect(await used('tokens')).toEqual([6_000]);
    expect(await start().reserve(wish())).toMatchObject({ hit: { unit: 'tokens' } });
  });

  it('a full Redis grants nothing, and still hears what was spent', async () => {
    const full = await startRedis();
    bench = await openBench({ person: { tokens: 5_000 } }, full.url);
    try {
      const { redis, open: start, granted, settled, used, wish } = bench;
      const reservation = await granted(start());
      await redis.config('SET', 'maxmemory', '1');
      await expect(start().reserve(wish())).rejects.toMatchObject({ code: 'system.full' });
      await settled(reservation, { tokens: 40, costMicros: 0 });
      expect(await used('tokens')).toEqual([40]);
    } finally {
      await bench.close();
      await full.stop();
    }
  });

  it('nothing is kept for ever', async () => {
    const { redis, space, open: start, granted, settled } = await open({ person: { tokens: 5_000, tool_calls: 3 } });
    const budgets = start();
    await settled(await granted(budgets), { tokens: 40, costMicros: 0 });
    await granted(budgets);
    await budgets.takeCalls({ payer: ada, now: Date.now() }, '1.1', 2);
    const names = await redis.keys(`{${space.namespace}.*`);
    expect(names.length).toBe(5);
    for (const name of names) expect(await redis.pttl(name)).toBeGreaterThan(0);
  });
});

describe('waiting', () => {
  it('makes sense while others hold what they may give back, and has an end', async () => {
    const { open: start, granted, settled, wish } = await open({ person: { tokens: 1_100 } });
    const patient = start(60_000);
    const held = await granted(patient);
    const verdict = await patient.reserve(wish({ turn: 'waits' }));
    expect(verdict).toMatchObject({ ok: false, waitedMs: 0 });
    expect(await start(0).reserve(wish({ turn: 'waits' }))).toMatchObject({ hit: { unit: 'tokens' } });
    await settled(held, { tokens: 10, costMicros: 0 });
    expect((await patient.reserve(wish({ turn: 'waits' }))).ok).toBe(true);
  });

  it('makes none when even all of it would not do', async () => {
    const { open: start, granted, settled, wish } = await open({ person: { tokens: 2_000 } });
    const patient = start(60_000);
    await settled(await granted(patient), { tokens: 1_000, costMicros: 0 });
    await granted(patient, { outputTokensMax: 300 });
    expect(await patient.reserve(wish({ inputTokens: 900 }))).toMatchObject({ hit: { unit: 'tokens' } });
  });

  it('makes none for what a dead process held', async () => {
    const { open: start, granted, wish } = await open({ person: { tokens: 1_100 } });
    await granted(start(), { forMs: -1 });
    expect(await start(60_000).reserve(wish())).toMatchObject({ hit: { unit: 'tokens' } });
  });

  it('begins anew with another turn', async () => {
    const { open: start, granted, wish } = await open({ person: { tokens: 1_100 } });
    await granted(start());
    const patient = start(60_000);
    await patient.reserve(wish({ turn: 'stopped by its person' }));
    expect(await patient.reserve(wish({ turn: 'the next' }))).toMatchObject({ waitedMs: 0 });
  });
});
