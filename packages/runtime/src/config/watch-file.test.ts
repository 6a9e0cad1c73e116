import { eventually } from '@queueclaw/testing';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileMark, watchFile } from './watch-file.js';

let folder = '';
let stop = (): void => undefined;
let told = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qc-watch-'));
  told = 0;
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

const watch = (path: string): void => {
  stop = watchFile(path, fileMark(path), () => void (told += 1), 10);
};
const becomes = (count: number): Promise<void> => eventually(() => expect(told).toBe(count));

test('a file that is written, replaced, removed or made is told of once each', async () => {
  const path = join(folder, 'a.yaml');
  watch(path);
  writeFileSync(path, 'one');
  await becomes(1);
  writeFileSync(path, 'two');
  await becomes(2);
  writeFileSync(join(folder, 'draft'), 'six');
  renameSync(join(folder, 'draft'), path);
  await becomes(3);
  rmSync(path);
  await becomes(4);
});

test('what happened before the first look is not missed', async () => {
  const path = join(folder, 'a.yaml');
  const before = fileMark(path);
  writeFileSync(path, 'one');
  stop = watchFile(path, before, () => void (told += 1), 10);
  await becomes(1);
});

test('a link that is turned round is a change, as in a mounted volume', async () => {
  for (const name of ['one', 'two']) writeFileSync(join(folder, name), name);
  const path = join(folder, 'a.yaml');
  symlinkSync('one', path);
  watch(path);
  symlinkSync('two', join(folder, 'next'));
  renameSync(join(folder, 'next'), path);
  await becomes(1);
});
