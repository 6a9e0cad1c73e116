import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Environment, Finding } from './finding.js';

const nodeLeast = 24;

/** Node itself. */
export function checkNode(version: string): Finding {
  const name = 'Node';
  if (Number(version.split('.')[0]) >= nodeLeast) return { name, state: 'ok', detail: version };
  const hint = 'Use ./queueclaw, which brings the right one.';
  return { name, state: 'failed', detail: `${version} is older than ${nodeLeast}`, hint };
}

/** pnpm, which only building and developing need. */
export function checkPnpm(env: Environment): Finding {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { encoding: 'utf8', timeout: 10_000, env });
  if (status === 0) return { name: 'pnpm', state: 'ok', detail: stdout.trim() };
  return {
    name: 'pnpm',
    state: 'warning',
    detail: 'not on PATH',
    hint: 'Only building needs it; npm start brings it.',
  };
}

const isWsl = (): boolean => {
  try {
    return /microsoft/i.test(readFileSync('/proc/version', 'utf8'));
  } catch {
    return false;
  }
};

/** What works on this kind of machine. */
export function checkPlatform(platform: NodeJS.Platform, arch: string): Finding {
  const name = 'Platform';
  if (platform === 'linux' && isWsl())
    return {
      name,
      state: 'ok',
      detail: `WSL2 (${arch}): everything works; keep the home folder on the Linux file system, not below /mnt`,
    };
  if (platform === 'linux') return { name, state: 'ok', detail: `Linux (${arch})` };
  if (platform === 'darwin')
    return {
      name,
      state: 'warning',
      detail: `macOS (${arch}): chat, models, channels and the console work; commands and file tools are refused, as their sandbox needs Linux`,
      hint: 'brew install redis for the embedded Redis. Run the tool-runner on Linux (or in a Linux VM) for the tools.',
    };
  return { name, state: 'failed', detail: `${platform} is not supported`, hint: 'On Windows use WSL2.' };
}

const bytesLeast = 200 * 1024 * 1024;

/** The folder for what this machine keeps. */
export function checkHome(home: string): Finding {
  const name = 'Home';
  let there = home;
  while (!existsSync(there)) there = dirname(there);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return {
      name,
      state: 'failed',
      detail: `${there} cannot be written`,
      hint: 'Set QUEUECLAW_HOME to a folder of yours.',
    };
  }
  const { bavail, bsize } = statfsSync(there);
  if (bavail * bsize < bytesLeast)
    return {
      name,
      state: 'failed',
      detail: `${there}: less than 200 MiB free`,
      hint: 'Free some space, or set QUEUECLAW_HOME.',
    };
  return { name, state: 'ok', detail: home };
}
