import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toolchain } from './paths.mjs';

/**
 * Fills a temporary folder and renames it to `.toolchain/<name>`, so that an interrupted installation is never taken
 * for a whole one. `fill` returns the folder that shall be placed (inside the temporary one). Call it under the lock.
 */
export async function place(name, fill) {
  await mkdir(toolchain, { recursive: true });
  const temporary = await mkdtemp(join(toolchain, 'tmp-'));
  try {
    const made = await fill(temporary);
    const target = join(toolchain, name);
    await rm(target, { recursive: true, force: true });
    await rename(made, target);
    return target;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes what interrupted set-ups left behind. Call it under the lock. */
export async function sweep() {
  for (const entry of await readdir(toolchain).catch(() => []))
    if (entry.startsWith('tmp-')) await rm(join(toolchain, entry), { recursive: true, force: true });
}
