#!/usr/bin/env node
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBubblewrap, installBubblewrap } from './setup/bubblewrap.mjs';
import { dependenciesAreInstalled, installDependencies } from './setup/dependencies.mjs';
import { withLock } from './setup/lock.mjs';
import { installNode, installPnpm, nodeFolder, pnpmFolder } from './setup/node.mjs';
import { root, toolchain, toolchainBin } from './setup/paths.mjs';
import { sweep } from './setup/place.mjs';
import { findProsody, installProsody } from './setup/prosody.mjs';
import { complain, progress } from './setup/report.mjs';
import { findRedis, installRedis } from './setup/redis.mjs';

const usage = `Usage: node scripts/bootstrap.mjs

Installs what is missing into .toolchain and node_modules of this folder, and nothing elsewhere:
Node 24, pnpm, the dependencies, Redis, bubblewrap, and prosody for tests. Safe to repeat and to interrupt.
`;

/**
 * Makes this machine able to build, test and run the system, and returns the environment to do it with. Does nothing
 * but look when all is there. Runs on Node 18 without any dependency; throws SetupError with what to do.
 */
export async function bootstrap({ forTests = false, withProsody = false } = {}) {
  const wanted = { forTests, withProsody };
  const ready = await look(wanted);
  if (ready.missing.length === 0) return ready.env;
  const startedAt = Date.now();
  const env = await withLock(join(toolchain, 'lock'), async () => {
    await sweep();
    return install(await look(wanted), forTests);
  });
  progress(`Set up in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
  return env;
}

async function look({ forTests, withProsody }) {
  const env = cleanEnvironment();
  const node = nodeFolder();
  const pnpm = pnpmFolder();
  const redis = await findRedis(env, { forTests });
  const bubblewrap = findBubblewrap(env);
  const prosody = findProsody(env);
  const parts = { node, pnpm, dependencies: dependenciesAreInstalled() || undefined, redis, bubblewrap, prosody };
  if (process.platform !== 'linux') delete parts.bubblewrap;
  if (!withProsody || process.platform !== 'linux') delete parts.prosody;
  const missing = Object.keys(parts).filter((part) => parts[part] === undefined);
  return { ...parts, missing, env: complete(env, { node, pnpm, redis }) };
}

async function install(found, forTests) {
  const env = cleanEnvironment();
  const node = found.node ?? (await installNode(env));
  const withNode = complete(env, { node });
  const prosody = found.missing.includes('prosody') ? installProsody() : undefined;
  prosody?.catch(() => undefined);
  const pnpm = found.pnpm ?? (await installPnpm(withNode));
  if (!found.dependencies) await installDependencies(complete(env, { node, pnpm }));
  const redis = found.redis ?? (await installRedis(withNode, { forTests }));
  if (!found.bubblewrap) await installBubblewrap();
  await prosody;
  return complete(env, { node, pnpm, redis });
}

/** What npm hands to the scripts it starts confuses the npm and pnpm started below. */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/.test(key)));
}

function complete(env, { node, pnpm, redis }) {
  const folders = [node, pnpm, toolchainBin, ...(env.PATH ?? '').split(delimiter)];
  return {
    ...env,
    ...redis,
    PATH: [...new Set(folders.filter(Boolean))].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--help')) process.stdout.write(usage);
  else
    await bootstrap({ withProsody: true }).then(
      () => progress(`Ready: ${root}`),
      (error) => complain(error),
    );
}
