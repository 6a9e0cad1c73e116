import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@queueclaw/testing';
import { audit, type Violation } from './auditor.js';
import { type Fleet, startFleet } from './fleet.js';
import { type Heard, runLoad } from './load.js';
import { scenarios, type Stage } from './scenarios.js';
import { seeded } from './seeded.js';

export type ChaosOptions = {
  readonly scenario: string;
  readonly seed: number;
  /** Conversations of each kind of client, 3; messages in each, 9. */
  readonly conversations?: number;
  readonly messages?: number;
  /** How long somebody waits for an answer, milliseconds; 90,000. */
  readonly patienceMs?: number;
  /** Is told each fault and each step. */
  readonly onStep?: (what: string) => void;
};

export type ChaosReport = {
  readonly scenario: string;
  readonly seed: number;
  readonly said: number;
  readonly told: number;
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
  const {
    scenario: name,
    seed,
    conversations = 3,
    messages = 9,
    patienceMs = 90_000,
    onStep = () => undefined,
  } = options;
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`There is no scenario ${name}: ${Object.keys(scenarios).join(', ')}.`);
  const random = seeded(seed);
  const fleet = await startFleet();
  const faults: string[] = [];
  let ends = 0;
  let over = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const stage: Stage = {
    ...{ fleet, random, isOver: () => over },
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
  let heard: Heard = { said: [], heard: [], told: [] };
  const found: Violation[] = [];
  let left: string[] = [];
  let leaks: string[] = [];
  let ledger: string[] = [];
  try {
    const trouble = scenario.run(stage).catch((error: unknown) => {
      found.push({ invariant: 'I7', what: String(error) });
    });
    const onEnd = (): void => {
      ends += 1;
      tell();
    };
    heard = await runLoad(fleet, { conversations, messages, patienceMs, onEnd });
    over = true;
    tell();
    await trouble;
    onStep('all is said; looking for what is left');
    await eventually(
      async () => {
        left = await leftIn(fleet);
        if (left.length > 0) throw new Error('not drained');
      },
      { timeoutMs: 15_000 },
    ).catch(() => undefined);
    ledger = await ledgerOf(fleet);
    const output = fleet.output();
    leaks = fleet.canaries.flatMap((canary) => (output.includes(canary) ? [`${canary.slice(0, 20)} in a log`] : []));
    for (const key of (await fleet.redis.command('KEYS', '*')) as string[]) {
      const dumped = String(await fleet.redis.command('DUMP', key));
      for (const canary of fleet.canaries) if (dumped.includes(canary)) leaks.push(`${canary.slice(0, 20)} in ${key}`);
    }
  } finally {
    left = [...left, ...(await fleet.stop())];
  }
  const answered = [...fleet.model.answered];
  const violations = audit({
    ...{ ...heard, ledger, left, leaks },
    mayRepeat: (conversation) => /^(?:telegram|slack)/.test(conversation),
    askedAgain: answered.flatMap(([mark, { callsAfterEnd }]) => (callsAfterEnd > 0 ? [mark] : [])),
    faults: faults.length,
  });
  return {
    ...{ scenario: name, seed, faults },
    said: heard.said.length,
    told: heard.told.length,
    paidTwice: answered.reduce(
      (sum, [, { calls, ends: last }]) => sum + Math.max(0, calls - 1) + Math.max(0, last - 1),
      0,
    ),
    violations: [...found, ...violations],
  };
}
