import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BlobsConfig } from '@queueclaw/runtime';
import type { Blobs } from '../contract.js';
import { openBlobs } from '../open-blobs.js';
import { readBlob } from '../read-blob.js';

let home: string;
let blobs: Blobs;
const text = Buffer.from('hello');
const sha256 = createHash('sha256').update(text).digest('hex');
const id = `sha256-${sha256}`;
const folder = (): string => join(home, 'blobs', 'acme', sha256.slice(0, 2));
const put = (): ReturnType<Blobs['put']> =>
  blobs.put(
    'acme',
    (async function* () {
      yield await Promise.resolve(text);
    })(),
    { name: 'a', type: undefined },
  );

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-files-'));
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
});
afterEach(() => rm(home, { recursive: true, force: true }));

it('lies where its hash says, for its owner only', async () => {
  await put();
  expect(await readFile(join(folder(), sha256))).toEqual(text);
  const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
  expect(await mode(join(folder(), sha256))).toBe('600');
  for (const path of [folder(), join(home, 'blobs', 'acme'), join(home, 'blobs', '.new')])
    expect(await mode(path)).toBe('700');
});

it('is not read through a link, and a damaged one is not given to a model', async () => {
  await put();
  const path = join(folder(), sha256);
  await chmod(path, 0o600);
  await writeFile(path, 'HELLO');
  expect(await readBlob(blobs, 'acme', id, 100)).toBeUndefined();
  await rm(path);
  await symlink('/etc/passwd', path);
  await expect(blobs.get('acme', id)).rejects.toMatchObject({ code: 'system.unavailable' });
  // The same bytes again put it right.
  await put();
  expect(await readBlob(blobs, 'acme', id, 100)).toEqual(text);
});

it('what a sweep that died had taken aside is put back when it was referred to, else removed', async () => {
  await put();
  const path = join(folder(), sha256);
  const aside = (): string => join(folder(), `.gone-${randomBytes(8).toString('hex')}-${sha256}`);
  await link(path, aside());
  await rm(path);
  expect(await blobs.sweep(Date.now() - 1_000)).toBe(0);
  expect(await readdir(folder())).toEqual([sha256]);

  const old = new Date(Date.now() - 60_000);
  await link(path, aside());
  await utimes(path, old, old);
  expect(await blobs.sweep(Date.now() - 1_000)).toBe(2);
  expect(await readdir(folder())).toEqual([]);
});

it('leaves alone what is not a blob', async () => {
  await put();
  await mkdir(join(home, 'blobs', 'acme', 'notes'), { recursive: true });
  await writeFile(join(home, 'blobs', 'acme', 'notes', 'mine'), 'x');
  await writeFile(join(home, 'blobs', 'README'), 'x');
  expect(await blobs.sweep(Date.now() + 10_000_000)).toBe(1);
  expect(await readdir(join(home, 'blobs', 'acme', 'notes'))).toEqual(['mine']);
});
