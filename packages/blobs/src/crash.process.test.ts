import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobsConfig } from '@queueclaw/runtime';
import { nodeFromSource } from '@queueclaw/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBlobs } from './open-blobs.js';

let home: string;
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'queueclaw-crash-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

/** Puts one blob, then begins another of `bytes` and never ends. */
const uploader = (bytes: string): string => `
import { openBlobs } from ${JSON.stringify(new URL('open-blobs.ts', import.meta.url).pathname)};
import { BlobsConfig } from '@queueclaw/runtime';
const blobs = openBlobs({ config: BlobsConfig.parse({}), home: ${JSON.stringify(home)} });
const about = { name: 'x', type: 'text/plain' };
await blobs.put('acme', [Buffer.from('whole')], about);
setInterval(() => undefined, 1_000);
await blobs.put('acme', (async function* () {
  yield Buffer.from(${JSON.stringify(bytes)});
  console.log('halfway');
  await new Promise(() => undefined);
})(), about);`;

it('a process that dies in the middle of an upload leaves nothing that anybody sees, and all that it had stored', async () => {
  const child = spawn(process.execPath, [...nodeFromSource, '--input-type=module', '-e', uploader('half')], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const blobs = openBlobs({ config: BlobsConfig.parse({}), home });
  const idOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('hex')}`;
  expect(await blobs.touch('acme', idOf('whole'))).toBe(true);
  expect(await blobs.touch('acme', idOf('half'))).toBe(false);

  const incoming = join(home, 'blobs', '.new');
  const [left = ''] = await readdir(incoming);
  await blobs.sweep(Date.now() - 1_000_000);
  expect(await readdir(incoming)).toEqual([left]);
  const old = new Date(Date.now() - 8_000_000);
  await utimes(join(incoming, left), old, old);
  await blobs.sweep(Date.now() - 1_000_000);
  expect(await readdir(incoming)).toEqual([]);
  expect(await blobs.touch('acme', idOf('whole'))).toBe(true);
});
