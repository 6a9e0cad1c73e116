import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keys } from '@queueclaw/contracts';
import { connectRedis, createLogger } from '@queueclaw/runtime';
import type { Sandbox } from '@queueclaw/sandbox';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type FromForgotten, fromForgotten } from './from-forgotten.js';
import type { RunningCalls } from './running-calls.js';

let redis: Redis;
let folder: string;
let tag: string;
let log: string[];
const running: FromForgotten[] = [];

beforeAll(async () => {
  redis = connectRedis(await sharedRedis(), 'command', () => undefined);
});
afterAll(() => redis.disconnect());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueclaw-forgotten-'));
  tag = `{${uniqueNamespace()}0}`;
  log = [];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop(1_000)));
  await rm(folder, { recursive: true, force: true });
});

/** Reads with a sandbox whose removals fail as often as `failing` says, and tells what was removed. */
const start = async (removed: string[], failing = 0): Promise<FromForgotten> => {
  let left = failing;
  const sandbox = {
    sweep: async () => 0,
    forget: async ({ conversation }) => {
      if ((left -= 1) >= 0) throw new Error('EBUSY');
      removed.push(conversation);
      return true;
    },
  } as Partial<Sandbox> as Sandbox;
  const calls = { cancelAll: () => undefined } as Partial<RunningCalls> as RunningCalls;
  const logger = createLogger('test', 'info', (line) => void log.push(line));
  const reader = fromForgotten({
    ...{ tags: [tag], redis, sandbox, calls, folder, retentionMs: 1_000_000, logger },
    againAfterMs: [1, 1],
  });
  running.push(reader);
  await reader.start();
  return reader;
};
const forget = (conversation: string): Promise<unknown> =>
  redis.xadd(keys.forgotten(tag), '*', 'a', `acme/${conversation}`);

it('tries again what could not be removed, and says so when it gives up', async () => {
  await forget('busy');
  const removed: string[] = [];
  const first = await start(removed, 2);
  await eventually(() => expect(removed).toEqual(['busy']));
  await first.stop(1_000);
  expect(log.join('')).not.toContain('could not be removed');
  await forget('stuck');
  await start(removed, 3);
  await eventually(() => expect(log.join('')).toContain('could not be removed'));
  expect(removed).toEqual(['busy']);
});

it('removes nothing that was forgotten before when it does not know what it has done', async () => {
  await forget('lives on under its old name');
  for (const text of ['', '{', '{"x":7}', '[]']) {
    await writeFile(join(folder, '.forgotten.json'), text);
    const removed: string[] = [];
    const reader = await start(removed);
    await eventually(() => expect(log.join('')).toContain('going on from now'));
    await forget('new');
    await eventually(() => {
      reader.look();
      expect(removed).toEqual(['new']);
    });
    await reader.stop(1_000);
    log = [];
  }
});

it('takes nothing back of how far another runner of the same workspaces has read', async () => {
  const removed: string[] = [];
  await forget('first');
  const reader = await start(removed);
  await eventually(() => expect(removed).toEqual(['first']));
  const file = join(folder, '.forgotten.json');
  const others = { '{another0}': '5-0', [tag]: '9999999999999-7' };
  await writeFile(file, JSON.stringify(others));
  await forget('read-by-both');
  await eventually(() => {
    reader.look();
    expect(removed).toEqual(['first', 'read-by-both']);
  });
  await reader.stop(1_000);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(others);
});
