import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Finds a Redis (or Valkey) server in the order the bootstrap uses: `QUEUECLAW_REDIS_SERVER`, `PATH`, then the copy the
 * bootstrap put into `.toolchain`. Returns undefined when there is none; looks at files only and starts nothing.
 */
export function findRedisServer(
  env: Readonly<Record<string, string | undefined>>,
  root: string = repositoryRoot(),
): string | undefined {
  const named = env['QUEUECLAW_REDIS_SERVER'];
  if (named) return named;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = folders.flatMap((folder) => ['redis-server', 'valkey-server'].map((name) => join(folder, name)));
  return [...candidates, join(root, '.toolchain', 'bin', 'redis-server')].find(isExecutable);
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
