import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from './config/expand.js';

/** The folder for what this machine keeps: `state.home` or `QUEUECLAW_HOME`, else `~/.queueclaw`. Absolute; not created. */
export function homeFolder(configured: string | undefined, env: Environment): string {
  const chosen = configured ?? (env['QUEUECLAW_HOME'] || undefined);
  // Only when it matters: a container's user may be unknown to the system, which then throws.
  const user = (): string => env['HOME'] || homedir();
  if (chosen === undefined) return join(user(), '.queueclaw');
  return resolve(chosen === '~' || chosen.startsWith('~/') ? join(user(), chosen.slice(1)) : chosen);
}

/** Makes a folder that only its owner can enter (0700); a folder that exists keeps its rights. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
