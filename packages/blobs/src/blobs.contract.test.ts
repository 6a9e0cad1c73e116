import { createHash, randomBytes } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from './contract.js';
import { openBlobs } from './open-blobs.js';
import { readBlob, readHead } from './read-blob.js';
import { stores } from './registry.js';
import { type Home, homes } from './testing/homes.js';

const png = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
const text = Buffer.from('hello, 世界');
const idOf = (bytes: Uint8Array): string => `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
const about = { name: 'a.txt', type: 'text/plain' };
const inPieces = (...pieces: readonly Uint8Array[]): Readable => Readable.from(pieces);
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
const hourMs = 3_600_000;

describe.each(Object.keys(stores) as (keyof typeof stores)[])('blobs in %s', (provider) => {
  let home: Home;
  let blobs: Blobs;
  const reopened: Blobs[] = [];
  const troubles: unknown[] = [];
  const open = (config: Partial<Home['config']> = {}): Blobs => {
    const onError = (error: unknown): void => void troubles.push(error);
    const another = openBlobs({ config: { ...home.config, ...config }, home: home.home, onError });
    reopened.push(another);
    return another;
  };
  const put = (bytes: Uint8Array, tenant = 'acme'): ReturnType<Blobs['put']> =>
    blobs.put(tenant, inPieces(bytes), about);
  const read = (tenant: string, id: string): Promise<Uint8Array | undefined> => readBlob(blobs, tenant, id, 1e6);

  beforeEach(async () => {
    home = await homes[provider]();
    blobs = open();
  });
  afterEach(async () => {
    for (const one of reopened.splice(0)) one.close();
    await home.close();
  });

  it('gives back what was put, under the hash of it, also to another process', async () => {
    const stored = await blobs.put('acme', inPieces(text.subarray(0, 3), text.subarray(3)), about);
    expect(stored).toEqual({ id: idOf(text), name: 'a.txt', type: 'text/plain', size: text.length });
    expect(await readBlob(open(), 'acme', stored.id, 1e6)).toEqual(text);
  });

  it('keeps an empty file and a big one', async () => {
    const big = randomBytes(3_000_000);
    for (const bytes of [Buffer.alloc(0), big]) {
      const { id, size } = await put(bytes);
      expect(size).toBe(bytes.length);
      expect(idOf((await readBlob(blobs, 'acme', id, 4e6)) ?? text)).toBe(idOf(bytes));
      expect(await readHead(blobs, 'acme', id, 16)).toEqual({ head: bytes.subarray(0, 16), size });
    }
  });

  it('takes for a picture only what is one, whatever its sender says', async () => {
    const typeOf = async (bytes: Uint8Array, type: string): Promise<string> =>
      (await blobs.put('acme', inPieces(bytes.subarray(0, 2), bytes.subarray(2)), { name: undefined, type })).type;
    expect(await typeOf(png, 'text/html')).toBe('image/png');
    expect(await typeOf(text, 'image/png')).toBe('application/octet-stream');
    expect(await typeOf(text, 'Text/Plain; charset=utf-8')).toBe('text/plain');
    expect(await typeOf(text, 'nonsense\r\nx: y')).toBe('application/octet-stream');
  });

  it('shows a tenant nothing of another, though the bytes are the same', async () => {
    const { id } = await put(text, 'acme');
    expect(await read('other', id)).toBeUndefined();
    expect(await blobs.touch('other', id)).toBe(false);
    await put(text, 'other');
    await blobs.delete('other', id);
    expect(await read('other', id)).toBeUndefined();
    expect(await read('acme', id)).toEqual(text);
  });

  it('knows no id that is not a hash', async () => {
    const { id } = await put(text);
    const hex = id.slice(7);
    for (const wrong of [`../${hex}`, hex, `sha256-${hex}/..`, `sha256-../../../etc/passwd`, `${id}\0`, '', '.new']) {
      expect([wrong, await read('acme', wrong)]).toEqual([wrong, undefined]);
      expect(await blobs.touch('acme', wrong)).toBe(false);
      await blobs.delete('acme', wrong);
    }
    for (const tenant of ['..', 'a/b', '', '.new', 'ACME'])
      expect([tenant, await failure(read(tenant, id))]).toEqual([tenant, 'system.internal']);
    expect(await failure(blobs.put('../x', inPieces(text), about))).toBe('system.internal');
    expect(await read('acme', id)).toEqual(text);
  });

  it('stores the same bytes once, also when they come twice at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? put(text) : put(text))));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await read('acme', idOf(text))).toEqual(text);
    await blobs.delete('acme', idOf(text));
    expect(await read('acme', idOf(text))).toBeUndefined();
  });

  it('shows nothing of an upload that broke off, and the next one succeeds', async () => {
    const broken = async function* (): AsyncIterable<Uint8Array> {
      yield text.subarray(0, 4);
      await Promise.resolve();
      throw Object.assign(new Error('the sender is gone'), { code: 'ECONNRESET' });
    };
    expect(await failure(blobs.put('acme', broken(), about))).toBe('ECONNRESET');
    expect(await read('acme', idOf(text))).toBeUndefined();
    expect(await blobs.sweep(Date.now() + hourMs * 2)).toBe(0);
    await put(text);
    expect(await read('acme', idOf(text))).toEqual(text);
  });

  it('refuses what is too large: before the first byte when it is announced, else with the first byte too many', async () => {
    let pulled = 0;
    const endless = async function* (): AsyncIterable<Uint8Array> {
      for (;;) {
        pulled += 1;
        yield await Promise.resolve(Buffer.alloc(1_000));
      }
    };
    const most = { ...about, bytesMax: 10_000 };
    expect(await failure(blobs.put('acme', endless(), { ...most, bytes: 10_001 }))).toBe('attachment.too_large');
    expect(pulled).toBe(0);
    expect(await failure(blobs.put('acme', endless(), most))).toBe('attachment.too_large');
    expect(pulled).toBe(11);
    expect(await failure(open({ max_size: 5 }).put('acme', inPieces(text), most))).toBe('attachment.too_large');
  });

  it('holds a tenant to its quota, counts what others stored, and sees when there is room again', async () => {
    const small = open({ tenant_quota: 12_000 });
    await put(randomBytes(5_000));
    const { id } = await small.put('acme', inPieces(randomBytes(5_000)), about);
    expect(await failure(small.put('acme', inPieces(randomBytes(5_000)), about))).toBe('attachment.quota');
    expect((await small.put('other', inPieces(randomBytes(5_000)), about)).size).toBe(5_000);
    await blobs.delete('acme', id);
    expect((await open({ tenant_quota: 12_000 }).put('acme', inPieces(randomBytes(5_000)), about)).size).toBe(5_000);
  });

  it('sweeps what nobody has referred to, and nothing else', async () => {
    const { id } = await put(text);
    expect(await blobs.sweep(Date.now() - hourMs)).toBe(0);
    expect(await blobs.touch('acme', id)).toBe(true);
    expect(await read('acme', id)).toEqual(text);
    const later = Date.now() + 2 * hourMs;
    const swept = await Promise.all([blobs.sweep(later), blobs.sweep(later), open().sweep(later)]);
    expect(Math.max(...swept)).toBe(1);
    expect(await read('acme', id)).toBeUndefined();
    expect(await blobs.touch('acme', id)).toBe(false);
  });

  it('takes away what a crashed upload left, but nothing that is still written', async () => {
    const { writeFile, readdir, mkdir } = await import('node:fs/promises');
    const incoming = join(home.config.path ?? join(home.home, 'blobs'), '.new');
    await mkdir(incoming, { recursive: true });
    for (const name of ['fresh', 'left']) await writeFile(join(incoming, name), 'x');
    const old = new Date(Date.now() - 2 * hourMs);
    await utimes(join(incoming, 'left'), old, old);
    await blobs.sweep(Date.now());
    expect(await readdir(incoming)).toEqual(['fresh']);
  });

  it('says that it is unavailable when its place is gone, and nothing about where that is', async () => {
    await put(text);
    await home.break();
    const stored = put(text);
    await expect(stored).rejects.toMatchObject({ code: 'system.unavailable' });
    await expect(stored).rejects.not.toThrow(home.home);
    expect(troubles.splice(0)).toMatchObject([{ code: 'system.unavailable', cause: expect.any(Error) as unknown }]);
    // A folder that is gone has no blobs; of a server that is gone nobody knows.
    const found = provider === 'file' ? undefined : 'system.unavailable';
    expect(await read('acme', idOf(text)).catch(({ code }: { code: string }) => code)).toBe(found);
  });
});
