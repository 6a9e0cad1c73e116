import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Environment, Finding } from './finding.js';
import { tell } from '../phrases/index.js';

const nodeLeast = 24;

/** Node itself. */
export function checkNode(version: string): Finding {
  const name = 'Node';
  if (Number(version.split('.')[0]) >= nodeLeast) return { name, state: 'ok', detail: version };
  const hint = tell('doctor.node_old.hint');
  return { name, state: 'failed', detail: tell('doctor.node_old', { version, least: nodeLeast }), hint };
}

/** pnpm, which only building and developing need. */
export function checkPnpm(env: Environment): Finding {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { encoding: 'utf8', timeout: 10_000, env });
  if (status === 0) return { name: 'pnpm', state: 'ok', detail: stdout.trim() };
  return {
    name: 'pnpm',
    state: 'warning',
    detail: tell('doctor.pnpm'),
    hint: tell('doctor.pnpm.hint'),
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
      detail: tell('doctor.wsl', { arch }),
    };
  if (platform === 'linux') return { name, state: 'ok', detail: `Linux (${arch})` };
  if (platform === 'darwin')
    return {
      name,
      state: 'warning',
      detail: tell('doctor.macos', { arch }),
      hint: tell('doctor.macos.hint'),
    };
  return {
    name,
    state: 'failed',
    detail: tell('doctor.unsupported', { platform }),
    hint: tell('doctor.unsupported.hint'),
  };
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
      detail: tell('doctor.home_closed', { folder: there }),
      hint: tell('doctor.home_closed.hint'),
    };
  }
  const { bavail, bsize } = statfsSync(there);
  if (bavail * bsize < bytesLeast)
    return {
      name,
      state: 'failed',
      detail: tell('doctor.home_full', { folder: there }),
      hint: tell('doctor.home_full.hint'),
    };
  return { name, state: 'ok', detail: home };
}
