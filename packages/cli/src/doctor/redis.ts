import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findRedisServer } from '../redis/find-redis.js';
import { type Environment, type Finding, reasonOf } from './finding.js';
import { tell } from '../phrases/index.js';

const name = 'Redis';
const answerMs = 5_000;

/** The Redis at a URL: does it answer, and does it keep what it accepts? */
export async function checkConfiguredRedis(url: string): Promise<Finding> {
  const { assertSafeRedis, connectRedis } = await import('@queueclaw/runtime');
  let trouble = tell('doctor.no_answer');
  const redis = connectRedis(url, 'command', (error) => (trouble = error.message));
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(trouble)), answerMs);
  try {
    await Promise.race([assertSafeRedis(redis), late.promise]);
    return { name, state: 'ok', detail: tell('doctor.redis_safe') };
  } catch (error) {
    const hint = tell('doctor.redis_unsafe.hint');
    return { name, state: 'failed', detail: reasonOf(error), hint };
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

/** The server that `up` would start. */
export async function checkRedisProgram(env: Environment): Promise<Finding> {
  const program = findRedisServer(env);
  const hint = tell('doctor.no_redis.hint');
  if (program === undefined) return { name, state: 'failed', detail: tell('doctor.no_redis'), hint };
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    const version = /v=(\d+)\.\d+\.\d+/.exec(stdout);
    if (Number(version?.[1]) >= 7) return { name, state: 'ok', detail: `${program} ${version?.[0].slice(2)}` };
    return { name, state: 'failed', detail: tell('doctor.redis_old', { program, least: 7 }), hint };
  } catch (error) {
    return { name, state: 'failed', detail: tell('error.program', { program, reason: reasonOf(error) }), hint };
  }
}
