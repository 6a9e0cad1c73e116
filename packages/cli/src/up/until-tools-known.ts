import { setTimeout as pause } from 'node:timers/promises';
import { findRunning } from '../running-system.js';

const pollMs = 300;
const patienceMs = 60_000;

/**
 * Waits until the tool-runner has tried its sandbox out, which goes on while it already serves.
 * @returns what it found, undefined when `stop` came first or it does not say
 */
export async function untilToolsKnown(runFolder: string, stop: AbortSignal): Promise<string | undefined> {
  const end = performance.now() + patienceMs;
  while (!stop.aborted && performance.now() < end) {
    const system = await findRunning(runFolder);
    const detail = system?.checks['tool-runner']?.['sandbox']?.detail;
    if (detail !== undefined && !detail.includes('still running')) return detail;
    await pause(pollMs, undefined, { signal: stop }).catch(() => undefined);
  }
  return undefined;
}
