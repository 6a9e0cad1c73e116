import { createHash } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedProgram, unpackProgram } from './native.mjs';
import { root, toolchain, toolchainBin } from './paths.mjs';
import { place } from './place.mjs';
import { Interrupted, progress, SetupError } from './report.mjs';
import { run, which } from './run.mjs';

const oldest = [6, 2];

/**
 * What is already there: `{ REDIS_URL }` or `{ QUEUECLAW_REDIS_SERVER }` to add to the environment, or undefined. Tests
 * start servers of their own and so never use the one at REDIS_URL.
 */
export async function findRedis(env, { forTests }) {
  if (!forTests && env.REDIS_URL) return { REDIS_URL: env.REDIS_URL };
  if (env.QUEUECLAW_REDIS_SERVER) return { QUEUECLAW_REDIS_SERVER: env.QUEUECLAW_REDIS_SERVER };
  for (const name of ['redis-server', 'valkey-server']) {
    const path = which(name, env);
    if (path && (await isRecent(path))) return { QUEUECLAW_REDIS_SERVER: path };
  }
  const cached = cachedProgram('redis-server');
  return cached ? { QUEUECLAW_REDIS_SERVER: cached } : undefined;
}

/** Gets a Redis in one of the ways that need no root and change nothing system-wide. Call it under the lock. */
export async function installRedis(env, { forTests }) {
  progress('Installing Redis ...');
  const attempts = [
    ['a Debian package', fromDebian],
    ['Docker', () => fromDocker(env, { forTests })],
    ['a build from source', () => fromSource(env)],
  ];
  const failures = [];
  for (const [name, attempt] of attempts) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      failures.push(`  - ${name}: ${error.message.split('\n')[0]}`);
    }
  }
  throw new SetupError(
    'No Redis, and none could be installed. Any one of these will do:\n' +
      '  - REDIS_URL=redis://... of a Redis 6.2 or newer (append-only file on, maxmemory-policy noeviction)\n' +
      '  - redis-server or valkey-server on PATH (for example: apt install redis-server, brew install redis)\n' +
      '  - a running Docker engine\n' +
      '  - a C compiler and make, to build it from source\n' +
      `Tried:\n${failures.join('\n')}`,
  );
}

async function isRecent(path) {
  const text = await run(path, ['--version'], { timeoutMs: 5_000 }).catch(() => '');
  const [major, minor] = (/v=(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  return major !== undefined && (major > oldest[0] || (major === oldest[0] && minor >= oldest[1]));
}

async function fromDebian() {
  const wanted = { name: 'redis-server', packageName: 'redis-server', program: 'usr/bin/redis-server' };
  const launcher = await unpackProgram(wanted);
  if (!(await isRecent(launcher))) throw new Error(`the packaged Redis is older than ${oldest.join('.')}`);
  return { QUEUECLAW_REDIS_SERVER: launcher };
}

async function fromDocker(env, { forTests }) {
  await run('docker', ['info'], { env, timeoutMs: 10_000 });
  // The tests start containers themselves.
  if (forTests) return {};
  const name = `queueclaw-redis-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
  const server = ['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  const options = ['--detach', '--name', name, '--publish', '127.0.0.1::6379', '--volume', `${name}:/data`];
  await run('docker', ['start', name], { env }).catch(() =>
    run('docker', ['run', ...options, 'redis:8-alpine', ...server], { env }),
  );
  const port = /:(\d+)\s*$/m.exec(await run('docker', ['port', name, '6379/tcp'], { env }))?.[1];
  return { REDIS_URL: `redis://127.0.0.1:${port}` };
}

async function fromSource(env) {
  for (const needed of ['make', 'cc']) if (!which(needed, env)) throw new Error(`no ${needed} here`);
  progress('Building Redis from source: this takes some minutes ...');
  await place('redis-source', async (folder) => {
    const npm = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
      'redis-memory-server@0.17.1',
    ];
    await run('npm', npm, { cwd: folder, env });
    const build = `const { default: Binary } = require('redis-memory-server/lib/util/RedisBinary');
      Binary.getPath({ downloadDir: process.argv[1], version: '7.2.4' }).then((path) => process.stdout.write('\\n' + path));`;
    const output = await run('node', ['-e', build, join(folder, 'download')], {
      cwd: folder,
      env,
      timeoutMs: 1_200_000,
    });
    const made = join(folder, 'made');
    await mkdir(made);
    await copyFile(output.trim().split('\n').at(-1), join(made, 'redis-server'));
    return made;
  });
  await mkdir(toolchainBin, { recursive: true });
  await copyFile(join(toolchain, 'redis-source', 'redis-server'), join(toolchainBin, 'redis-server'));
  return { QUEUECLAW_REDIS_SERVER: join(toolchainBin, 'redis-server') };
}
