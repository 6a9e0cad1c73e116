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
  return findProgram(['redis-server', 'valkey-server'], env['QUEUECLAW_REDIS_SERVER'], env, root);
}

/** The XMPP server for tests, in the same order: `QUEUECLAW_PROSODY`, `PATH`, `.toolchain`; undefined when there is none. */
export function findProsody(
  env: Readonly<Record<string, string | undefined>>,
  root: string = repositoryRoot(),
): string | undefined {
  return findProgram(['prosody'], env['QUEUECLAW_PROSODY'], env, root);
}

function findProgram(
  names: readonly string[],
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  root: string,
): string | undefined {
  if (named) return named;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...candidates, ...names.map((name) => join(root, '.toolchain', 'bin', name))].find(isExecutable);
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
