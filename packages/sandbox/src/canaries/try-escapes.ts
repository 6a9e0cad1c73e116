import { rm } from 'node:fs/promises';
import { dataBytesOf, fixedLimits } from '../bubblewrap/arguments.js';
import type { ExecOptions } from '../exec.js';
import type { SandboxLimits } from '../limits.js';
import type { Place, Provider } from '../provider.js';
import type { Canary } from '../report.js';
import { run } from '../run.js';
import { attempts, forbidden } from './attempts.js';
import { type Bait, layBait, processesWith } from './bait.js';

const options = (timeoutMs: number): ExecOptions => ({
  timeoutMs,
  outputBytesMax: 1024 * 1024,
  signal: new AbortController().signal,
});

/** Long enough for a busy machine; a canary that hangs is a failure of the sandbox. */
const attemptsMs = 15_000;
const shortMs = 400;

export type Trial = {
  readonly provider: Provider;
  readonly limits: SandboxLimits;
  /** An existing folder of the host, for the bait. */
  readonly root: string;
  readonly makeWorkspace: (path: string) => Promise<void>;
  /** Control groups for the attempts. */
  readonly joins?: readonly string[] | undefined;
};

/**
 * Tries to get out of a provider's containment, in three commands at once.
 * @throws AppError `sandbox.unavailable`, or Error, when commands do not run at all
 */
export async function tryEscapes(trial: Trial): Promise<readonly Canary[]> {
  const bait = await layBait(trial.root, trial.makeWorkspace);
  const place: Place = { workspace: bait.workspace, joins: trial.joins };
  try {
    const found = await Promise.all([
      tryAll(trial, bait, place),
      trySurvivor(trial, bait, place, 'exit'),
      trySurvivor(trial, bait, place, 'deadline'),
    ]);
    return found.flat();
  } finally {
    await Promise.all(forbidden(bait).map((path) => rm(path, { force: true })));
    await bait.close();
  }
}

const containment = (name: string, escape: string | undefined): Canary => ({
  ...{ name, class: 'containment' },
  escaped: escape !== undefined,
  detail: escape ?? 'held',
});

async function tryAll({ provider, limits }: Trial, bait: Bait, place: Place): Promise<readonly Canary[]> {
  const mark = `@@${bait.token}`;
  const parts = attempts.map(({ script }) => `echo; echo '${mark}'\n(${script(bait)}\n)`);
  const script = `${parts.join('\n')}\necho; echo '${mark}'\ncat /proc/self/limits\necho; echo '${mark}'`;
  const { reason, output } = await run(provider.launch(script, place), options(attemptsMs));
  const said = Buffer.from(output).toString('utf8').split(mark);
  if (reason !== 'exit' || said.length !== attempts.length + 3)
    throw new Error(`the canaries did not run to their end (${reason}): ${(said[0] ?? '').trim().slice(0, 300)}`);
  const judged = attempts.map(({ name, escape }, at) => containment(name, escape(said[at + 1] ?? '', bait)));
  return [...judged, processLimits(said[attempts.length + 1] ?? '', limits)];
}

/** proc(5), `limits`: name, soft limit, hard limit. */
function processLimits(said: string, limits: SandboxLimits): Canary {
  const wanted: readonly (readonly [string, number])[] = [
    ['Max processes', limits.processes],
    ['Max open files', fixedLimits.openFiles],
    ['Max file size', fixedLimits.fileBytes],
    ['Max data size', dataBytesOf(limits)],
    ['Max cpu time', fixedLimits.cpuSeconds],
  ];
  const loose = wanted.filter(([name, most]) => !new RegExp(`^${name} +${most} +${most} `, 'm').test(said));
  const detail = loose.length === 0 ? 'held' : `not set: ${loose.map(([name]) => name.toLowerCase()).join(', ')}`;
  return { name: 'process limits', class: 'resources', escaped: loose.length > 0, detail };
}

/** Leaves processes behind that have cut every tie to their parent, and looks for them on the host afterwards. */
async function trySurvivor({ provider }: Trial, bait: Bait, place: Place, how: 'exit' | 'deadline'): Promise<Canary> {
  const mark = `survivor-${how}-${bait.token}`;
  const loop = 'i=0; while [ $i -lt 30 ]; do sleep 1; i=$((i+1)); done';
  const daemon = (before: string): string => `${before} sh -c '${loop}' ${mark} </dev/null >/dev/null 2>&1 &`;
  const last = how === 'exit' ? 'sleep 0.05' : `exec sh -c '${loop}' ${mark}`;
  const script = `${daemon('setsid')}\n${daemon('nohup')}\n${last}`;
  const { reason, survived } = await run(
    provider.launch(script, place),
    options(how === 'exit' ? attemptsMs : shortMs),
  );
  const left = await processesWith(mark);
  for (const pid of left) killQuietly(pid);
  const escape = left.length > 0 || survived ? `${left.length || 'some'} processes outlived their call` : undefined;
  if (reason !== how) throw new Error(`a canary ended by ${reason}, not by ${how}`);
  return containment(`survivors of ${how === 'exit' ? 'an exit' : 'a deadline'}`, escape);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}
