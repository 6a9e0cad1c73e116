import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withLock } from './lock.mjs';

function lockPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'queueclaw-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'lock');
}

function heldBy(path: string, holder: string): void {
  mkdirSync(path);
  writeFileSync(join(path, 'holder'), holder);
}

async function deadProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('two holders never work at the same time, and both work', async () => {
  const path = lockPath();
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await once(spawn('true'), 'exit');
    inside -= 1;
  };
  await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
  expect(most).toBe(1);
  expect(existsSync(path)).toBe(false);
});

test('takes over from a process that is gone', async () => {
  const path = lockPath();
  heldBy(path, `${await deadProcess()}@${hostname()} 1`);
  expect(await withLock(path, async () => 'done')).toBe('done');
});

test('takes over from another machine that has been silent for long', async () => {
  const path = lockPath();
  heldBy(path, '1@elsewhere 1');
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(path, longAgo, longAgo);
  expect(await withLock(path, async () => 'done')).toBe('done');
});

test('lets go when the work fails', async () => {
  const path = lockPath();
  await expect(
    withLock(path, async () => {
      throw new Error('no disk');
    }),
  ).rejects.toThrow('no disk');
  expect(existsSync(path)).toBe(false);
});
