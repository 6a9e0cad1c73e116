import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one of the same number. */
export type ProcessMark = { readonly pid: number; readonly startedAt: string };

const pollMs = 2;

const fields = (pid: number): readonly string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** Remembers a process (proc(5): fields 3 and 22 of `stat`); undefined when it is gone already. */
export function markProcess(pid: number): ProcessMark | undefined {
  const startedAt = fields(pid)?.[19];
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True while the process exists and is more than a record that nobody has read yet. */
export function isAlive({ pid, startedAt }: ProcessMark): boolean {
  const now = fields(pid);
  return now?.[19] === startedAt && now[0] !== 'Z' && now[0] !== 'X';
}

/** Sends SIGKILL unless it is gone. The first process of a namespace takes all others with it. */
export function killProcess(mark: ProcessMark): void {
  try {
    if (isAlive(mark)) process.kill(mark.pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

/** Waits until the process is gone, at most `timeoutMs`; false when it is still there. */
export async function isGoneWithin(mark: ProcessMark, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (isAlive(mark)) {
    if (performance.now() > end) return false;
    await pause(pollMs);
  }
  return true;
}

/** When memory runs out, the kernel is to take the command before anything else (proc(5): `oom_score_adj`). */
export function preferAsOomVictim(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // A help in need, no guarantee: it may be gone, or not ours to mark.
  }
}
