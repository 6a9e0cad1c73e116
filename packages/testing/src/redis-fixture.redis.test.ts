import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, nodeFromSource, sharedRedis, startRedis, uniqueNamespace } from './index.js';

const socketOf = (url: string): string => url.replace('unix://', '');

function connect(url: string): Redis {
  const redis = url.startsWith('unix://') ? new Redis({ path: socketOf(url) }) : new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

test('is empty, keeps an append-only file and never evicts', async () => {
  const redis = connect(await sharedRedis());
  expect(await redis.dbsize()).toBe(0);
  expect(await redis.info('persistence')).toContain('aof_enabled:1');
  expect(await redis.info('memory')).toContain('maxmemory_policy:noeviction');
});

test('gives one server to a whole process', async () => {
  expect(await sharedRedis()).toBe(await sharedRedis());
});

test('can be told to evict, for those who must refuse it', async () => {
  const server = await startRedis({ policy: 'allkeys-lru', maxmemory: 50_000_000, appendonly: false });
  onTestFinished(() => server.stop());
  const redis = connect(server.url);
  expect(await redis.info('memory')).toMatch(/maxmemory:50000000[\s\S]*maxmemory_policy:allkeys-lru/);
  expect(await redis.info('persistence')).toContain('aof_enabled:0');
});

test('leaves nothing behind when stopped', async () => {
  const server = await startRedis();
  const folder = dirname(socketOf(server.url));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  await server.stop();
  expect(existsSync(folder)).toBe(false);
});

test('dies with a process that is killed', async () => {
  const fixture = fileURLToPath(new URL('./redis-fixture.ts', import.meta.url));
  const program = `console.log((await (await import(${JSON.stringify(fixture)})).startRedis()).url); process.stdin.resume();`;
  const owner = spawn(process.execPath, [...nodeFromSource, '--input-type=module', '-e', program]);
  const [url] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string];
  expect(existsSync(socketOf(url.trim()))).toBe(true);
  owner.kill('SIGKILL');
  await eventually(() => expect(existsSync(dirname(socketOf(url.trim())))).toBe(false));
});

test('namespaces fit the configuration and differ', () => {
  expect(uniqueNamespace()).toMatch(/^[a-z][a-z0-9-]{0,30}$/);
  expect(uniqueNamespace()).not.toBe(uniqueNamespace());
});
