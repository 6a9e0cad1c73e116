import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDebian, libraryFolders, unpackDebian, writeLauncher } from './debian.mjs';
import { toolchain, toolchainBin } from './paths.mjs';
import { place } from './place.mjs';
import { isProgram, run } from './run.mjs';

/** The start script of a program that an earlier set-up unpacked, or undefined. */
export function cachedProgram(name) {
  const launcher = join(toolchainBin, name);
  return isProgram(launcher) ? launcher : undefined;
}

/**
 * Unpacks a program from a Debian package into `.toolchain/<folder>` and writes `.toolchain/bin/<name>`. Returns the
 * path of that start script; throws when this is no Debian or the package does not work here. Call it under the lock.
 */
export async function unpackProgram({ name, packageName, program }) {
  if (!isDebian()) throw new Error('no apt-get here');
  await place(packageName, async (temporary) => {
    const unpacked = join(temporary, 'unpacked');
    await mkdir(unpacked);
    await unpackDebian(packageName, () => [program], unpacked);
    return unpacked;
  });
  await mkdir(toolchainBin, { recursive: true });
  const launcher = join(toolchainBin, name);
  const draft = `${launcher}.${process.pid}`;
  await writeLauncher(draft, packageName, program, libraryFolders(join(toolchain, packageName)));
  try {
    await run(draft, ['--version'], { timeoutMs: 10_000 });
    await rename(draft, launcher);
  } finally {
    await rm(draft, { force: true });
  }
  return launcher;
}
