import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findRedisServer } from '../redis/find-redis.js';
import { type Environment, type Finding, reasonOf } from './finding.js';

const name = 'Redis';
const answerMs = 5_000;

/** The Redis at a URL: does it answer, and does it keep what it accepts? */
export async function checkConfiguredRedis(url: string): Promise<Finding> {
  const { assertSafeRedis, connectRedis } = await import('@queueclaw/runtime');
  let trouble = 'no answer';
  const redis = connectRedis(url, 'command', (error) => (trouble = error.message));
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(trouble)), answerMs);
  try {
    await Promise.race([assertSafeRedis(redis), late.promise]);
    return { name, state: 'ok', detail: 'the configured one answers; it evicts nothing and keeps an append-only file' };
  } catch (error) {
    const hint = 'Needed: maxmemory-policy noeviction, appendonly yes; or leave out REDIS_URL for the embedded one.';
    return { name, state: 'failed', detail: reasonOf(error), hint };
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

/** The server that `up` would start. */
export async function checkRedisProgram(env: Environment): Promise<Finding> {
  const program = findRedisServer(env);
  const hint = 'npm start fetches one; or install redis-server, or set REDIS_URL.';
  if (program === undefined) return { name, state: 'failed', detail: 'no redis-server here and no REDIS_URL', hint };
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    const version = /v=(\d+)\.\d+\.\d+/.exec(stdout);
    if (Number(version?.[1]) >= 7) return { name, state: 'ok', detail: `${program} ${version?.[0].slice(2)}` };
    return { name, state: 'failed', detail: `${program} is older than 7`, hint };
  } catch (error) {
    return { name, state: 'failed', detail: `${program} does not run: ${reasonOf(error)}`, hint };
  }
}
