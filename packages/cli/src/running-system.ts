import { z } from 'zod';
import { readUpState, type UpState } from './up/home-lock.js';
import { isRunning } from './up/process-identity.js';

const Readiness = z.object({
  status: z.string(),
  service: z.string(),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
});
export type Checks = z.infer<typeof Readiness>['checks'];

export type RunningSystem = {
  readonly pid: number;
  readonly state: UpState;
  /** By process; undefined for one that does not answer. */
  readonly checks: Readonly<Record<string, Checks | undefined>>;
};

const ask = async (port: number): Promise<Checks | undefined> => {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return Readiness.parse(await answer.json()).checks;
  } catch {
    return undefined;
  }
};

/** The `up` that runs from a home, and how its processes say they are; undefined when none runs. */
export async function findRunning(runFolder: string): Promise<RunningSystem | undefined> {
  const state = readUpState(runFolder);
  if (state === undefined || !isRunning(state.owner)) return undefined;
  const answers = Object.entries(state.health).map(async ([name, port]) => [name, await ask(port)] as const);
  return { pid: state.owner.pid, state, checks: Object.fromEntries(await Promise.all(answers)) };
}
