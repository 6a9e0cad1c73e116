import { randomBytes } from 'node:crypto';
import { type FakeWeComBot, startFakeWeComBot } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchFile } from './fetch-file.js';

let platform: FakeWeComBot;
beforeAll(async () => {
  platform = await startFakeWeComBot();
});
afterAll(() => platform.close());

const never = new AbortController().signal;
const read = async (place: object): Promise<readonly [Buffer, string | undefined]> => {
  const file = await fetchFile(
    platform.url,
    { name: undefined, type: undefined, handle: JSON.stringify(place) },
    never,
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of file) pieces.push(piece);
  return [Buffer.concat(pieces), file.fileName];
};

it('decrypts what WeCom keeps, of any length, and knows its name', async () => {
  for (const length of [1, 31, 32, 33, 200_000]) {
    const bytes = randomBytes(length);
    expect(await read(platform.keep(bytes, '报告 1.pdf'))).toEqual([bytes, '报告 1.pdf']);
  }
});

it('what does not fit its key, or is cut off, is no file', async () => {
  const place = platform.keep(randomBytes(100));
  for (const aeskey of [randomBytes(32).toString('base64'), 'a2V5', ''])
    await expect(read({ ...place, aeskey })).rejects.toMatchObject({ code: 'channel.rejected' });
  platform.giving.next('broken off');
  await expect(read(place)).rejects.toThrow();
});

it.each(['http://169.254.169.254/latest', 'ftp://example.com/a', 'no address'])('asks nothing at %s', async (url) => {
  await expect(read({ url })).rejects.toMatchObject({ code: 'channel.rejected' });
});
