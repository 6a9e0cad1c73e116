// oxlint-disable-next-line no-restricted-imports -- that time passes is the fault itself
import { setTimeout as passes } from 'node:timers/promises';
import { keys } from '@queueclaw/contracts';
import type { ServiceName } from '../e2e/service-process.js';
import { type Fleet, type FleetOptions, preloaded, type Seat } from './fleet.js';
import type { LoadOptions } from './load.js';
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
  readonly fleet?: FleetOptions;
  /** Another load than the usual one. */
  readonly load?: Partial<Pick<LoadOptions, 'conversations' | 'messages' | 'repeats'>>;
  /** People write until it has done all it does. */
  readonly lasts?: true;
  run(stage: Stage): Promise<void>;
};

const some = (seats: readonly Seat[], random: () => number): Seat => pick(random, seats as [Seat, ...Seat[]]);

const modelFaults: readonly [ModelFault, ...ModelFault[]] = [
  ...(['limited', 'overloaded', 'broken', 'hangs'] as const),
  ...(['cut', 'cut in a call', 'nonsense'] as const),
] as readonly ModelFault[] as [ModelFault, ...ModelFault[]];

/** See preload/failpoint.ts. */
const failpoints: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  ingress: [
    ...['ingest:before:1', 'ingest:after:1', 'claimDelivery:after:1', 'http:before:1:chat.postMessage'],
    ...['http:after:1:chat.postMessage', 'commitDelivery:before:1', 'commitDelivery:after:1', 'deliver:after:1'],
  ],
  agent: [
    ...['claim:before:2', 'claim:after:2', 'http:before:2', 'http:after:2', 'suspend:before:1', 'suspend:after:1'],
    ...['addStandardJob:before:2', 'addStandardJob:after:2', 'arm:before:1', 'arm:after:1', 'results:before:1'],
    ...['results:after:1', 'commit:before:2', 'commit:after:2'],
  ],
  'tool-runner': [
    ...['moveToActive:after:2', 'updateData:before:1', 'updateData:after:1', 'xadd:before:1', 'xadd:after:1'],
    ...['moveToFinished:before:1', 'moveToFinished:after:1'],
  ],
};

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
  duplicates: {
    says: 'every message brought five times at once by both replicas, and once more after the next one',
    load: { repeats: 4 },
    run: async ({ fleet, progress, fault }) => {
      fault('duplicates');
      await progress(8);
      fault('kill ingress');
      const [seat] = fleet.seats;
      await seat?.process.kill();
      if (seat !== undefined) await fleet.fill(seat);
    },
  },
  clocks: {
    says: 'an agent an hour ahead, a tool-runner and an ingress an hour behind, and one of each killed',
    fleet: {
      env: (name, at) =>
        at === 0
          ? { ...preloaded('clock'), QUEUECLAW_CHAOS_CLOCK_MS: String(name === 'agent' ? 3_600_000 : -3_600_000) }
          : {},
    },
    run: async ({ fleet, progress, fault }) => {
      fault('wrong clocks');
      for (const at of [2, 4, 0]) {
        await progress(10);
        const seat = fleet.seats[at];
        if (seat === undefined) continue;
        fault(`kill ${seat.name}`);
        await seat.process.kill();
        await fleet.fill(seat);
      }
    },
  },
  busy: {
    says: 'an agent whose event loop is blocked for 9 s, past lease and lock',
    fleet: { env: (name) => (name === 'agent' ? { ...preloaded('busy'), QUEUECLAW_CHAOS_BUSY_MS: '9000' } : {}) },
    run: async ({ fleet, random, progress, isOver, fault }) => {
      const agents = fleet.seats.filter(({ name }) => name === 'agent');
      while (!isOver()) {
        await progress(6);
        const seat = some(agents, random);
        fault('block an agent');
        process.kill(seat.process.pid, 'SIGUSR2');
        await progress(14);
      }
    },
  },
  steps: {
    says: 'kill -9 right before and right after each write of accept, claim, model call, task, result, commit and delivery',
    lasts: true,
    run: async ({ fleet, isOver, fault }) => {
      const everywhere = Object.entries(failpoints) as [ServiceName, readonly string[]][];
      const missed: string[] = [];
      await Promise.all(
        everywhere.map(async ([name, points]) => {
          const seat = fleet.seats.find((one) => one.name === name);
          if (seat === undefined) return;
          await seat.process.kill();
          for (const point of points) {
            if (isOver()) {
              missed.push(point);
              continue;
            }
            await fleet.fill(seat, { ...preloaded('failpoint'), QUEUECLAW_CHAOS_FAIL: point });
            while (seat.process.alive() && !isOver()) await passes(20);
            if (seat.process.alive()) missed.push(point);
            else fault(`${name} dies: ${point}`);
          }
          if (!seat.process.alive()) await fleet.fill(seat);
        }),
      );
      if (missed.length > 0) throw new Error(`never reached: ${missed.join(', ')}`);
    },
  },
  poison: {
    says: 'forged mail, results that nobody asked for, calls and updates that cannot be read, among good ones',
    run: async ({ fleet, random, progress, isOver, fault }) => {
      const tag = `{${fleet.namespace}0}`;
      const junk = [
        '',
        '{',
        '[]',
        'not\nmail',
        JSON.stringify({ v: 1, kind: 'person', id: 'forged', text: '#http0-0' }),
      ];
      // What is forged wakes nobody: it goes with the next message, so the last ones are left alone.
      for (let round = 1; round <= 5 && !isOver(); round += 1) {
        await progress(3);
        fault('poison');
        const one = pick(random, junk as [string, ...string[]]);
        const a = { tenant: 'default', conversation: `http${round % 3}` };
        for (const key of [keys.mailbox(tag, 'messages', a), keys.control(tag, a), keys.commands(tag, a)])
          await fleet.redis.command('RPUSH', key, one);
        await fleet.redis.command('XADD', keys.results(tag), '*', 'result', one);
        fleet.telegram.say('', { message: { text: { not: 'a text' }, from: one } });
        await fleet.slack.call({ type: 'event_callback', event: { type: 'message', text: 7, user: [one] } });
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
