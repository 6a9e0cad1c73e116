import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Redis server to start: the program and the library folders it needs (`LD_LIBRARY_PATH`, empty when none). */
export type RedisBinary = { path: string; libraryPath: string };

/**
 * Finds a Redis (or Valkey) server in the order the bootstrap uses: `QUEUECLAW_REDIS_SERVER`, `PATH`, then the copy the
 * bootstrap put into `.toolchain`. Returns undefined when there is none; looks at files only and starts nothing.
 */
export function findRedisBinary(
  env: Readonly<Record<string, string | undefined>>,
  root: string = repositoryRoot(),
): RedisBinary | undefined {
  const named = env['QUEUECLAW_REDIS_SERVER'];
  if (named) return { path: named, libraryPath: libraryFolders(dirname(dirname(dirname(named)))) };
  for (const folder of (env['PATH'] ?? '').split(delimiter))
    for (const name of ['redis-server', 'valkey-server'])
      if (folder && isExecutable(join(folder, name))) return { path: join(folder, name), libraryPath: '' };
  const unpacked = join(root, '.toolchain', 'redis');
  const cached = join(unpacked, 'usr', 'bin', 'redis-server');
  return isExecutable(cached) ? { path: cached, libraryPath: libraryFolders(unpacked) } : undefined;
}

function libraryFolders(unpacked: string): string {
  const found: string[] = [];
  for (const lib of [join(unpacked, 'usr', 'lib'), join(unpacked, 'lib')]) {
    if (lib === '/usr/lib' || lib === '/lib' || !existsSync(lib)) continue;
    for (const entry of readdirSync(lib)) if (/linux-gnu/.test(entry)) found.push(join(lib, entry));
  }
  return found.join(delimiter);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
