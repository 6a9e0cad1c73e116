import { budgetTag, keys } from '@queueclaw/contracts';
import { Config, connectRedis } from '@queueclaw/runtime';
import { eventually, sharedRedis, startRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dayAt } from './day.js';
import { sendScriptsTwice } from './testing/twice.js';
import { openUsageCounter, type UsageCounter, usageDays } from './usage-counter.js';
import { usageOf, type UsageReport } from './usage-of.js';

const now = Date.now();
const day = dayAt(now).name;
const tenant = 'default';
let redis: Redis;
let space: { namespace: string; shards: number };
let counters: UsageCounter[];

beforeEach(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
  space = { namespace: uniqueNamespace(), shards: 1 };
  counters = [];
});
afterEach(async () => {
  for (const one of counters) await one.close();
  redis.disconnect();
});

const start = (on: Redis = redis): UsageCounter => {
  const one = openUsageCounter({ redis: on, space, limits: () => Config.parse({}).limits });
  counters.push(one);
  return one;
};
const read = (person?: string): Promise<UsageReport> => usageOf(redis, space, { tenant, person, day });
const answer = { inputTokens: 10, outputTokens: 5, requests: 1, costMicros: 7 };

it('adds up by tenant, model and person over all processes', async () => {
  const [one, two] = [start(), start()];
  one.count({ tenant, person: 'http.ada', model: 'claude', now }, answer);
  one.count({ tenant, person: 'http.ada', model: 'claude', now }, { ...answer, cachedTokens: 3 });
  two.count({ tenant, person: 'http.bob', model: 'gpt', now }, answer);
  two.count({ tenant, person: 'http.bob', now }, { turns: 1, toolCalls: 2 });
  two.count({ tenant: 'acme', person: 'http.bob', model: 'gpt', now }, answer);
  await Promise.all([one.flush(), two.flush()]);
  const report = await read();
  expect(report.total).toEqual({
    ...{ inputTokens: 30, outputTokens: 15, cachedTokens: 3, costMicros: 21, requests: 3 },
    ...{ toolCalls: 2, turns: 1 },
  });
  expect(report.models).toMatchObject({
    claude: { inputTokens: 20, requests: 2 },
    gpt: { inputTokens: 10, requests: 1 },
  });
  expect(report.people).toEqual([
    { person: 'http.ada', tokens: 30 },
    { person: 'http.bob', tokens: 15 },
  ]);
  expect((await read('http.bob')).total).toMatchObject({ inputTokens: 10, turns: 1, toolCalls: 2 });
});

it('is written within seconds by itself', async () => {
  start().count({ tenant, person: 'http.ada', now }, answer);
  await eventually(async () => expect((await read()).total.requests).toBe(1));
});

it('says zero where nothing is known', async () => {
  expect((await read('nobody')).total.inputTokens).toBe(0);
  expect(await read()).toMatchObject({ total: { turns: 0 }, models: {}, people: [] });
});

it('counts once what is sent twice', async () => {
  sendScriptsTwice(redis, () => true);
  const counter = start();
  for (let time = 0; time < 3; time += 1) {
    counter.count({ tenant, person: 'http.ada', model: 'claude', now }, answer);
    await counter.flush();
  }
  expect((await read()).total.requests).toBe(3);
});

it('keeps what Redis did not take until it does', async () => {
  const full = await startRedis();
  const mine = connectRedis(full.url, 'command', () => undefined);
  try {
    const counter = start(mine);
    await mine.config('SET', 'maxmemory', '1');
    for (let time = 0; time < 2; time += 1) {
      counter.count({ tenant, person: 'http.ada', now }, answer);
      await counter.flush();
    }
    expect((await usageOf(mine, space, { tenant, day })).total.requests).toBe(0);
    await mine.config('SET', 'maxmemory', '0');
    await counter.close();
    expect((await usageOf(mine, space, { tenant, day })).total.requests).toBe(2);
  } finally {
    mine.disconnect();
    await full.stop();
  }
});

it('has bounds: of models, of people ranked, of days, of all in time', async () => {
  const counter = start();
  const tag = budgetTag(space, tenant);
  for (let at = 0; at < 80; at += 1) counter.count({ tenant, model: `model-${at}`, now }, answer);
  for (let at = 0; at < 1_500; at += 1)
    counter.count({ tenant, person: `http.p${at}`, now }, { inputTokens: at, requests: 1 });
  for (let at = 0; at < 130; at += 1)
    counter.count({ tenant, person: 'http.faithful', now: now - (129 - at) * 86_400_000 }, answer);
  await counter.flush();
  const report = await read();
  expect(Object.keys(report.models).length).toBeLessThanOrEqual(66);
  expect(report.models['others']?.requests).toBeGreaterThan(0);
  expect(report.total.requests).toBe(80 + 1_500 + 1);
  expect(report.people).toHaveLength(100);
  expect(report.people[0]).toEqual({ person: 'http.p1499', tokens: 1_499 });
  expect(await redis.zcard(keys.usageRanking(tag, day))).toBeLessThanOrEqual(1_200);
  const days = await redis.hkeys(keys.personUsage(tag, 'http.faithful'));
  expect(days.length).toBeLessThanOrEqual(101);
  expect(days).toContain(dayAt(now - (usageDays - 2) * 86_400_000).name);
  for (const name of await redis.keys(`{${space.namespace}.*`)) expect(await redis.pttl(name)).toBeGreaterThan(0);
});
