import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { measureFolder } from './measure.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueclaw-measure-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const limits = { workspaceBytes: 100_000, workspaceFiles: 3 };

it('lets pass what is within the limits, and what is not there', async () => {
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'b', 'c'), 'x'.repeat(50_000));
  expect(await measureFolder(folder, limits)).toBeUndefined();
  expect(await measureFolder(join(folder, 'missing'), limits)).toBeUndefined();
});

it('finds too many bytes, at any depth', async () => {
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a', 'b'), 'x'.repeat(120_000));
  expect(await measureFolder(folder, limits)).toBe('bytes');
});

it('counts what the disk holds, not what a file says of itself', async () => {
  await writeFile(join(folder, 'sparse'), '');
  await truncate(join(folder, 'sparse'), 10_000_000_000);
  expect(await measureFolder(folder, limits)).toBeUndefined();
});

it('counts folders and links among the files, and follows no link', async () => {
  await symlink('/usr', join(folder, 'link'));
  await symlink('.', join(folder, 'self'));
  await mkdir(join(folder, 'd'));
  expect(await measureFolder(folder, limits)).toBeUndefined();
  await writeFile(join(folder, 'one too many'), '');
  expect(await measureFolder(folder, limits)).toBe('files');
});
