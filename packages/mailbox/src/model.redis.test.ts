import { connectRedis } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openShards } from './shards.js';
import type { Op } from './testing/actor-op.js';
import { ActorWorld } from './testing/actor-world.js';

let redis: Redis;

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
});
afterAll(() => redis.disconnect());

const c = fc.nat({ max: 1 });
const w = fc.nat({ max: 3 });
const d = fc.nat({ max: 1 });
const take = fc.oneof({ weight: 3, arbitrary: fc.constant(100) }, fc.nat({ max: 3 }));
const twice = fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true));
const again = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat({ max: 20 }));
const rarely = fc.nat({ max: 9 }).map((n) => n === 0);
const op = <const What extends string>(what: What): fc.Arbitrary<What> => fc.constant(what);

const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: op('ingest'), c, again, other: rarely, control: rarely, command: rarely, twice }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ do: op('obey'), c, which: fc.nat({ max: 2 }), keep: fc.boolean(), prefer: fc.boolean() },
      ...{ platform: fc.boolean(), twice },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ do: op('summarise'), w, done: fc.boolean(), summary: fc.boolean(), platform: fc.boolean(), twice },
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: op('claim'), w, c, twice: rarely }) },
  { weight: 3, arbitrary: fc.record({ do: op('lease lost'), c, twice }) },
  { weight: 4, arbitrary: fc.record({ do: op('checkpoint'), w, take, twice }) },
  {
    weight: 5,
    arbitrary: fc.record({
      ...{
        do: op('suspend'),
        w,
        take,
        calls: fc.constantFrom(0, 1, 1, 2, 3),
        overdue: rarely,
        wakeOnMail: fc.boolean(),
        twice,
        arm: fc.boolean(),
      },
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: op('arm'), w, twice }) },
  { weight: 3, arbitrary: fc.record({ do: op('renew'), w, twice }) },
  { weight: 2, arbitrary: fc.record({ do: op('release'), w, blameless: fc.boolean(), twice }) },
  { weight: 1, arbitrary: fc.record({ do: op('die'), w, twice }) },
  { weight: 8, arbitrary: fc.record({ do: op('commit'), w, take, reset: rarely, platform: fc.boolean(), twice }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: op('result'), which: fc.nat({ max: 5 }), right: rarely.map((x) => !x), twice }),
  },
  { weight: 3, arbitrary: fc.record({ do: op('deliver'), c, twice }) },
  { weight: 4, arbitrary: fc.record({ do: op('claim outbox'), d, c, twice: rarely }) },
  { weight: 4, arbitrary: fc.record({ do: op('done'), d, twice }) },
  { weight: 1, arbitrary: fc.record({ do: op('postpone'), d, twice }) },
  { weight: 2, arbitrary: fc.record({ do: op('outbox lost'), c, twice }) },
  { weight: 1, arbitrary: fc.record({ do: op('dispatch'), twice }) },
  { weight: 2, arbitrary: fc.record({ do: op('forget'), c, twice }) },
);

/** A few seconds; `QUEUECLAW_MODEL_RUNS` and `QUEUECLAW_MODEL_SEED` for a longer look or a repetition. */
const numRuns = Number(process.env['QUEUECLAW_MODEL_RUNS'] ?? 120);
const seed = Number(process.env['QUEUECLAW_MODEL_SEED'] ?? Date.now() % 2 ** 31);

it(`does what the model says and keeps every promise, whatever happens in whatever order (seed ${seed})`, async () => {
  let serial = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(ops, { minLength: 5, maxLength: 100, size: 'max' }), async (happenings) => {
      const shards = openShards({ namespace: uniqueNamespace(), shards: 1 }, redis);
      const world = new ActorWorld(shards.of({ conversation: 'any' }), `w${(serial += 1)}`, 2);
      await world.open();
      for (const happening of happenings) {
        await world.run(happening);
        await world.check();
      }
      await world.drain();
      await world.checkPromises();
      expect(world.models.every((model) => !model.due && !model.outDue)).toBe(true);
    }),
    { numRuns, seed, endOnFailure: false, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
  );
}, 90_000);
