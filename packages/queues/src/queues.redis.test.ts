import { connectRedis, createLogger } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Consumer, consume, type JobHandle, type Summary } from './consume.js';
import { defineQueue } from './define.js';
import { type Producer, produce } from './produce.js';

const Work = z.object({ v: z.literal(1), name: z.string() });
type Work = z.infer<typeof Work>;
const works = defineQueue<Work>({
  ...{ name: 'works', schema: Work, keepCompleted: { count: 10 }, keepFailed: { count: 10 } },
  ...{ lockMs: 500, stalledCheckMs: 200, stalledMax: 10 },
});
const logger = createLogger('test', 'silent');
let url: string;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  url = await sharedRedis();
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

const setUp = (): { prefix: string; redis: Redis; producer: Producer<Work> } => {
  const prefix = `{${uniqueNamespace()}}`;
  const redis = connectRedis(url, 'command', () => undefined);
  const producer = produce(works, prefix, redis);
  cleanups.push(
    async () => redis.disconnect(),
    () => producer.close(),
  );
  return { prefix, redis, producer };
};

type Handle = (work: Work, job: JobHandle<Work>, signal: AbortSignal) => Promise<Summary>;
const serve = async (prefix: string, handle: Handle, concurrency = 5): Promise<Consumer> => {
  const connect = (): Redis => connectRedis(url, 'blocking', () => undefined);
  const consumer = consume(works, { prefix, connect, concurrency, logger, handle });
  await consumer.start();
  cleanups.push(() => consumer.stop(1_000));
  return consumer;
};

it('runs a job once however often its id is added', async () => {
  const { prefix, producer } = setUp();
  const ran: string[] = [];
  await Promise.all([1, 2, 3].map(() => producer.add({ v: 1, name: 'one' }, { id: 'w/one' })));
  await serve(prefix, async ({ name }) => {
    ran.push(name);
    return {};
  });
  await producer.add({ v: 1, name: 'last' });
  await eventually(() => expect(ran).toContain('last'));
  expect(ran).toEqual(['one', 'last']);
});

it('keeps exactly one wake for the end of the one that runs', async () => {
  const { prefix, producer } = setUp();
  let release = (): void => undefined;
  const ran: string[] = [];
  await serve(prefix, async ({ name }) => {
    ran.push(name);
    if (ran.length === 1) await new Promise<void>((resolve) => (release = resolve));
    return {};
  });
  await producer.add({ v: 1, name: 'first' }, { oneAtATime: 'c/1' });
  await eventually(() => expect(ran).toEqual(['first']));
  for (const name of ['second', 'third', 'fourth']) await producer.add({ v: 1, name }, { oneAtATime: 'c/1' });
  release();
  await eventually(() => expect(ran).toEqual(['first', 'fourth']));
});

it('puts a job that does not fit its schema aside, runs the others, and logs no payload', async () => {
  const { prefix, redis, producer } = setUp();
  const ran: string[] = [];
  await producer.add({ v: 2, name: 'secret payload' } as unknown as Work, { id: 'w/bad' });
  await producer.add({ v: 1, name: 'good' });
  await serve(prefix, async ({ name }) => {
    ran.push(name);
    return {};
  });
  await eventually(() => expect(ran).toEqual(['good']));
  await eventually(async () => {
    const reason = await redis.hget(`${prefix}:works:w/bad`, 'failedReason');
    expect(reason).toBe('request.invalid: the job does not fit its schema');
  });
});

it('runs a job again, with the payload it was updated to, when its worker freezes past its lock', async () => {
  const { prefix, producer } = setUp();
  const ran: string[] = [];
  let updated = false;
  const dead = await serve(prefix, async (_work, job) => {
    await job.update({ v: 1, name: 'started' });
    updated = true;
    await new Promise<void>((resolve) => cleanups.push(async () => resolve()));
    return {};
  });
  await producer.add({ v: 1, name: 'fresh' });
  await eventually(() => expect(updated).toBe(true));
  await dead.stop(0);
  await serve(prefix, async ({ name }) => {
    ran.push(name);
    return {};
  });
  await eventually(() => expect(ran).toEqual(['started']), { timeoutMs: 8_000 });
});

it('aborts what still runs after the grace period, and leaves it to others', async () => {
  const { prefix, producer } = setUp();
  let aborted = false;
  let started = false;
  const consumer = await serve(prefix, async (_work, _job, signal) => {
    started = true;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    aborted = true;
    return {};
  });
  await producer.add({ v: 1, name: 'long' });
  await eventually(() => expect(started).toBe(true));
  await consumer.stop(50);
  expect(aborted).toBe(true);
});

it('writes log lines and a summary, both without the payload', async () => {
  const { prefix, redis, producer } = setUp();
  await serve(prefix, async (_work, job) => {
    job.log('a step');
    job.log('another');
    return { outcome: 'done' };
  });
  await producer.add({ v: 1, name: 'n' }, { id: 'w/logged' });
  await eventually(async () => {
    expect(await redis.hget(`${prefix}:works:w/logged`, 'returnvalue')).toBe('{"outcome":"done"}');
    expect((await redis.lrange(`${prefix}:works:w/logged:logs`, 0, -1)).join()).toMatch(/a step\n.* another/);
  });
});
