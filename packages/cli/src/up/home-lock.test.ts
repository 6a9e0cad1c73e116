import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHome, readUpState } from './home-lock.js';
import { identify, isRunning } from './process-identity.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qc-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const held = (): Extract<ReturnType<typeof lockHome>, { held: true }> => {
  const outcome = lockHome(folder);
  if (!outcome.held) throw new Error('not held');
  return outcome;
};

test('a process is itself only while it runs, whoever gets its id later', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('no identity');
  expect(isRunning(identity)).toBe(true);
  expect(isRunning({ ...identity, start: `${identity.start}0` })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(identity)).toBe(false);
});

test('the home belongs to one process at a time, and the second is told whose it is', () => {
  held();
  expect(lockHome(folder)).toMatchObject({ held: false, owner: { pid: process.pid } });
});

test('a released home is free, and nothing is left behind', () => {
  held().lock.release();
  expect(readdirSync(folder)).toEqual([]);
  expect(held().stale).toBeUndefined();
});

test('what is written down can be read by its owner only', () => {
  const { lock } = held();
  lock.write({ children: [{ name: 'Redis', pid: 1, start: 'x' }], health: { agent: 9464 }, chat: 'http://x/' });
  expect(readUpState(folder)).toMatchObject({
    owner: { pid: process.pid },
    health: { agent: 9464 },
    chat: 'http://x/',
  });
  expect(statSync(join(folder, 'up.json')).mode & 0o777).toBe(0o600);
});

test('the lock of a process that died is taken over with what it had started', () => {
  const dead = {
    owner: { pid: process.pid, start: 'another time' },
    children: [{ name: 'Redis', pid: 7, start: 's' }],
  };
  writeFileSync(join(folder, 'up.json'), JSON.stringify(dead));
  const { stale } = held();
  expect(stale?.children).toEqual([{ name: 'Redis', pid: 7, start: 's' }]);
  expect(readUpState(folder)?.owner.pid).toBe(process.pid);
  expect(readdirSync(folder)).toEqual(['up.json']);
});

test('a lock that is not readable counts as stale', () => {
  writeFileSync(join(folder, 'up.json'), '{');
  expect(held().stale).toBeUndefined();
});
