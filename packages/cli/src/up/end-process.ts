import { setTimeout as pause } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.js';

const pollMs = 25;

/** Sends a signal to a process and everything in its group; false when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  // 0 and 1 would mean our own group and every process there is.
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    try {
      process.kill(pid, signal);
      return true;
    } catch {
      return false;
    }
  }
}

/** Ends a process that is not our child: SIGTERM, after `graceMs` SIGKILL. Resolves when it is gone. */
export async function endStranger(identity: ProcessIdentity, graceMs: number): Promise<void> {
  const end = performance.now() + graceMs;
  if (isRunning(identity)) process.kill(identity.pid, 'SIGTERM');
  while (isRunning(identity)) {
    if (performance.now() > end) signalGroup(identity.pid, 'SIGKILL');
    await pause(pollMs);
  }
}
