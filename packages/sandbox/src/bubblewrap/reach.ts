import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whether a user who owns nothing on the way may pass through every folder above `path` and read `path` itself. */
export function isReachable(path: string): boolean {
  let folder = dirname(path);
  for (;;) {
    if ((modeOf(folder) & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
    folder = dirname(folder);
  }
}

const modeOf = (folder: string): number => statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
