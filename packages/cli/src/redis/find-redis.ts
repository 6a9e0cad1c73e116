import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { repositoryRoot } from '../program-files.js';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * The Redis (or Valkey) server to start: `QUEUECLAW_REDIS_SERVER`, `PATH`, then the one the set-up put into `.toolchain`.
 * Looks at files only; undefined when there is none.
 */
export function findRedisServer(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['QUEUECLAW_REDIS_SERVER'];
  if (named !== undefined && named !== '') return named;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = folders.flatMap((folder) => ['redis-server', 'valkey-server'].map((name) => join(folder, name)));
  return [...candidates, join(repositoryRoot, '.toolchain', 'bin', 'redis-server')].find(isExecutable);
}
