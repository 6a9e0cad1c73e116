import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { Interrupted, progress, SetupError } from './report.mjs';
import { run } from './run.mjs';

const stamp = join(root, 'node_modules', '.queueclaw-installed');

/** Whether `node_modules` is what the lock file says: by content, so a fresh checkout's file times do not matter. */
export function dependenciesAreInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();
}

/** Installs exactly what the lock file says. Call it under the lock, with Node and pnpm first on PATH. */
export async function installDependencies(env) {
  progress('Installing dependencies ...');
  try {
    await run('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], { cwd: root, env });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new SetupError(`The dependencies could not be installed.\n${error.message}`);
  }
  writeFileSync(stamp, wanted());
}

function wanted() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
