import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { endStranger } from './end-process.js';
import type { UpState } from './home-lock.js';
import { isRunning } from './process-identity.js';

const graceMs = 5_000;

/**
 * Ends what a supervisor that died has left: its services, then its Redis (each only if it is still that very process).
 * @returns the names of what was still running
 */
export async function endLeftovers(stale: UpState): Promise<string[]> {
  const left = stale.children.filter((child) => isRunning(child));
  for (const child of left) await endStranger(child, graceMs);
  if (stale.socketFolder !== undefined && basename(stale.socketFolder).startsWith('queueclaw-'))
    rmSync(stale.socketFolder, { recursive: true, force: true });
  return left.map(({ name }) => name);
}
