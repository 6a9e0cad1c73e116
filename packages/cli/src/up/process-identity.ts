import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process and when it started: its id alone may have been given to another one since. */
export type ProcessIdentity = { readonly pid: number; readonly start: string };

const linuxStart = (pid: number): string | undefined => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in brackets and may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return fields[0] === 'Z' ? undefined : `${boot}/${fields[19]}`;
};

const portableStart = (pid: number): string | undefined => {
  const { stdout, status } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
};

/** When a process started, in words that are only good for comparing; undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? linuxStart(pid) : portableStart(pid);
  } catch {
    return undefined;
  }
}

/** The identity of a running process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = processStart(pid);
  return start === undefined ? undefined : { pid, start };
}

/** True while that very process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return processStart(identity.pid) === identity.start;
}
