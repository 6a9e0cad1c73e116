// oxlint-disable-next-line no-restricted-imports -- that time passes is the fault itself
import { setTimeout as passes } from 'node:timers/promises';
import type { ServiceName } from '../e2e/service-process.js';
import type { Fleet, Seat } from './fleet.js';
import type { ModelFault } from './model-server.js';
import { pick } from './seeded.js';

/** What a scenario works with. */
export type Stage = {
  readonly fleet: Fleet;
  readonly random: () => number;
  /** Resolves when so many more messages have their end, or the load is over. */
  progress(count: number): Promise<void>;
  /** The load is over. */
  isOver(): boolean;
  /** Says what is done now; counted. */
  fault(what: string): void;
};

export type Scenario = {
  /** The row of docs/reliability.md. */
  readonly says: string;
  /** It must not hold: the auditor must see it. */
  readonly naive?: true;
  run(stage: Stage): Promise<void>;
};

const some = (seats: readonly Seat[], random: () => number): Seat => pick(random, seats as [Seat, ...Seat[]]);

const modelFaults: readonly [ModelFault, ...ModelFault[]] = [
  ...(['limited', 'overloaded', 'broken', 'hangs'] as const),
  ...(['cut', 'cut in a call', 'nonsense'] as const),
] as readonly ModelFault[] as [ModelFault, ...ModelFault[]];

/** Every kind of trouble, by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  kills: {
    says: 'kill -9 of processes of every kind',
    run: async ({ fleet, random, progress, isOver, fault }) => {
      let kinds: ServiceName[] = [];
      while (!isOver()) {
        await progress(5);
        if (kinds.length === 0) kinds = ['agent', 'tool-runner', 'ingress'];
        const kind = pick(random, kinds as [ServiceName, ...ServiceName[]]);
        kinds = kinds.filter((one) => one !== kind);
        const seat = some(
          fleet.seats.filter(({ name }) => name === kind),
          random,
        );
        fault(`kill ${seat.name}`);
        await seat.process.kill();
        await fleet.fill(seat);
      }
    },
  },
  redis: {
    says: 'kill -9 of Redis, which comes back with its append-only file',
    run: async ({ fleet, progress, fault }) => {
      for (let times = 0; times < 2; times += 1) {
        await progress(8);
        fault('kill Redis');
        await fleet.redis.kill();
        await fleet.redis.start();
      }
    },
  },
  'slow-redis': {
    says: 'a Redis that stands still for a second and a half, again and again',
    run: async ({ fleet, progress, isOver, fault }) => {
      for (let times = 0; times < 4 && !isOver(); times += 1) {
        await progress(6);
        fault('Redis stands still');
        await fleet.redis.freeze(1_500);
      }
    },
  },
  'full-redis': {
    says: 'a Redis without room, which refuses what is new',
    run: async ({ fleet, progress, fault }) => {
      await progress(6);
      fault('Redis is full');
      await fleet.redis.command('CONFIG', 'SET', 'maxmemory', '1');
      await passes(2_000);
      await fleet.redis.command('CONFIG', 'SET', 'maxmemory', '0');
    },
  },
  frozen: {
    says: 'an agent that stands still past its lease, and goes on with what it held',
    run: async ({ fleet, random, progress, isOver, fault }) => {
      const agents = fleet.seats.filter(({ name }) => name === 'agent');
      while (!isOver()) {
        await progress(4);
        const seat = some(agents, random);
        fault('freeze an agent');
        seat.process.freeze();
        // The others go on, and take over what it held.
        await progress(10);
        seat.process.thaw();
      }
    },
  },
  rolling: {
    says: 'SIGTERM of every process, one after the other',
    run: async ({ fleet, progress, fault }) => {
      for (const seat of fleet.seats) {
        await progress(3);
        fault(`stop ${seat.name}`);
        const code = await seat.process.stop();
        if (code !== 0) throw new Error(`${seat.name} ended with ${code}:\n${seat.process.output().slice(-2_000)}`);
        await fleet.fill(seat);
      }
    },
  },
  model: {
    says: 'a vendor that answers 429, 529, 500, nothing, half an answer, half a call, nonsense',
    run: async ({ fleet, random, progress, isOver, fault }) => {
      fleet.model.trouble(() => {
        if (random() > 0.3) return undefined;
        const kind = pick(random, modelFaults);
        fault(`the model: ${kind}`);
        return kind;
      });
      while (!isOver()) await progress(1);
    },
  },
  platform: {
    says: 'platforms that answer 429 and 500, and that take a message and do not say so',
    run: async ({ fleet, random, progress, isOver, fault }) => {
      while (!isOver()) {
        const kind = pick(random, ['limited', 'broken', 'cut'] as const);
        fault(`platforms: ${kind}`);
        if (kind === 'cut') {
          fleet.telegram.next('sendMessage', 'cut after accepting');
          fleet.slack.next('cut after accepting');
        } else {
          const code = kind === 'limited' ? 429 : 500;
          fleet.telegram.next('sendMessage', {
            code,
            description: 'trouble',
            ...(code === 429 ? { retryAfter: 1 } : {}),
          });
          fleet.slack.next({ status: code, ...(code === 429 ? { retryAfter: 1 } : {}) });
        }
        await progress(4);
      }
    },
  },
  naive: {
    says: 'kill -9 of a Redis whose files nobody keeps',
    naive: true,
    run: async ({ fleet, progress, fault }) => {
      await progress(4);
      fault('kill Redis and what it kept');
      await fleet.redis.kill(true);
      await fleet.redis.start();
    },
  },
};
