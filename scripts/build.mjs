#!/usr/bin/env node
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup/paths.mjs';
import { complain, Interrupted, SetupError } from './setup/report.mjs';
import { run } from './setup/run.mjs';

/** Compiles what changed and copies what the compiler leaves behind (pages, styles). Needs the dependencies. */
export async function build({ env = process.env } = {}) {
  try {
    await run('node', [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', 'tsconfig.build.json'], {
      cwd: root,
      env,
    });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new SetupError(`The build failed.\n${error.message}`);
  }
  for (const group of ['packages', 'services'])
    for (const name of readdirSync(join(root, group))) copyAssets(join(root, group, name));
}

/** Whether the command line was ever built: enough for a start without the compiler. */
export const isBuilt = () => existsSync(commandLine);

/** The entry of the command line. */
export const commandLine = join(root, 'packages', 'cli', 'dist', 'main.js');

function copyAssets(folder, inside = 'src') {
  const source = join(folder, inside);
  if (!existsSync(source)) return;
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const path = join(inside, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'fixtures') copyAssets(folder, path);
    } else if (!/\.(ts|md)$/.test(entry.name)) copyWhenNewer(join(folder, path), join(folder, 'dist', path.slice(4)));
  }
}

function copyWhenNewer(from, to) {
  if (existsSync(to) && statSync(to).mtimeMs >= statSync(from).mtimeMs) return;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build().catch(complain);
