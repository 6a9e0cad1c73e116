import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@queueclaw/testing';
import { audit, type Violation } from './auditor.js';
import { type Fleet, startFleet } from './fleet.js';
import { type Heard, runLoad } from './load.js';
import { readMark } from './marks.js';
import { type Scenario, scenarios, type Stage } from './scenarios.js';
import { seeded } from './seeded.js';

export type ChaosOptions = {
  readonly scenario: string;
  readonly seed: number;
  /** Conversations of each kind of client, 3; messages in each, 9; or what the scenario says. */
  readonly conversations?: number;
  readonly messages?: number;
  /** How long somebody waits for an answer, milliseconds; 90,000. */
  readonly patienceMs?: number;
  /** An open one, which stays open; absent: one of its own. */
  readonly fleet?: Fleet;
  /** The number of the first conversation of each kind, 0; a fleet that is used again needs others. */
  readonly first?: number;
  /** Is told each fault and each step. */
  readonly onStep?: (what: string) => void;
};

export type ChaosReport = {
  readonly scenario: string;
  readonly seed: number;
  readonly said: number;
  readonly told: number;
  /** What they were told, each sentence once. */
  readonly words: readonly string[];
  readonly faults: readonly string[];
  /** Answers that the model gave more than once. */
  readonly paidTwice: number;
  readonly violations: readonly Violation[];
};

/** Files of this name below a folder. */
async function filesNamed(folder: string, name: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const all = await readdir(folder, { recursive: true });
  return all.filter((path) => path === name || path.endsWith(`/${name}`)).map((path) => join(folder, path));
}

async function ledgerOf(fleet: Fleet): Promise<string[]> {
  const texts = await Promise.all((await filesNamed(fleet.home, 'ledger')).map((path) => readFile(path, 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

/** What waits, runs or is due in Redis: nothing, once everybody has an answer. */
async function leftIn({ redis, namespace }: Fleet): Promise<string[]> {
  const names = (await redis.command('KEYS', `{${namespace}*`)) as string[];
  const found: string[] = [];
  for (const name of names) {
    if (/:(?:mb|ct|cm|wt)$|:due:/.test(name)) found.push(name);
    if (/:(?:messages|tasks|replies):(?:wait|active|prioritized)$/.test(name)) found.push(name);
  }
  return found;
}

/** Runs one scenario and audits it. @throws Error when the fleet cannot be started */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { fleet: given } = options;
  const scenario = scenarios[options.scenario];
  if (scenario === undefined)
    throw new Error(`There is no scenario ${options.scenario}: ${Object.keys(scenarios).join(', ')}.`);
  const fleet = given ?? (await startFleet(scenario.fleet));
  let weather: Weather;
  let left: string[] = [];
  try {
    weather = await weatherThe(scenario, fleet, options);
  } finally {
    if (given === undefined) left = await fleet.stop();
  }
  const { first = 0 } = options;
  const isOurs = (mark: string): boolean => Number(/\d+$/.exec(readMark(mark).conversation)?.[0]) >= first;
  const { heard, faults } = weather;
  const answered = [...fleet.model.answered].filter(([mark]) => isOurs(mark));
  const violations = audit({
    ...heard,
    ...{ leaks: weather.leaks, left: [...weather.left, ...left], ledger: weather.ledger.filter(isOurs) },
    mayRepeat: (conversation) => /^(?:telegram|slack)/.test(conversation),
    askedAgain: answered.flatMap(([mark, { callsAfterEnd }]) => (callsAfterEnd > 0 ? [mark] : [])),
    faults: faults.length,
  });
  return {
    ...{ scenario: options.scenario, seed: options.seed, faults },
    said: heard.said.length,
    told: heard.told.length,
    words: [...new Set(heard.words)],
    paidTwice: answered.reduce((sum, [, { calls, ends }]) => sum + Math.max(0, calls - 1) + Math.max(0, ends - 1), 0),
    violations: [...weather.trouble, ...violations],
  };
}

type Weather = {
  readonly heard: Heard;
  readonly faults: readonly string[];
  readonly trouble: readonly Violation[];
  readonly left: readonly string[];
  readonly leaks: readonly string[];
  readonly ledger: readonly string[];
};

/** Lets people write while the scenario makes trouble, and collects what is there afterwards. */
async function weatherThe(scenario: Scenario, fleet: Fleet, options: ChaosOptions): Promise<Weather> {
  const { seed, patienceMs = 90_000, first = 0, onStep = () => undefined } = options;
  const { conversations = 3, messages = 9, repeats } = { ...scenario.load, ...options };
  const faults: string[] = [];
  const trouble: Violation[] = [];
  let ends = 0;
  let over = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const stage: Stage = {
    ...{ fleet, random: seeded(seed), isOver: () => over },
    progress: (count) => {
      const goal = ends + count;
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (ends < goal && !over) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
      return promise;
    },
    fault: (what) => {
      faults.push(what);
      onStep(what);
    },
  };
  let makesTrouble = true;
  const running = scenario
    .run(stage)
    .catch((error: unknown) => {
      trouble.push({ invariant: 'I7', what: String(error) });
    })
    .finally(() => (makesTrouble = false));
  const goesOn = (): boolean => scenario.lasts === true && makesTrouble;
  const onEnd = (): void => {
    ends += 1;
    tell();
  };
  const heard = await runLoad(fleet, {
    ...{ conversations, messages, patienceMs, first, goesOn, onEnd },
    ...(repeats === undefined ? {} : { repeats }),
  });
  over = true;
  tell();
  await running;
  onStep('all is said; looking for what is left');
  let left: string[] = [];
  await eventually(
    async () => {
      left = await leftIn(fleet);
      if (left.length > 0) throw new Error('not drained');
    },
    { timeoutMs: 15_000 },
  ).catch(() => undefined);
  return { heard, faults, trouble, left, leaks: await leaksOf(fleet), ledger: await ledgerOf(fleet) };
}

/** Where a secret is that must be nowhere: in what processes wrote, or in Redis. */
async function leaksOf(fleet: Fleet): Promise<string[]> {
  const output = fleet.output();
  const leaks = fleet.canaries.flatMap((canary) =>
    output.includes(canary) ? [`${canary.slice(0, 20)} in a log`] : [],
  );
  for (const key of (await fleet.redis.command('KEYS', '*')) as string[]) {
    const dumped = String(await fleet.redis.command('DUMP', key));
    for (const canary of fleet.canaries) if (dumped.includes(canary)) leaks.push(`${canary.slice(0, 20)} in ${key}`);
  }
  return leaks;
}
