import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs } from '@queueclaw/blobs';
import type { Attachment, ModelMessage, ModelRequest } from '@queueclaw/contracts';
import { BlobsConfig } from '@queueclaw/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageLoader, type LoadImages, withoutImages } from './load-images.js';
import { recentAttachments } from './recent-attachments.js';

let home: string;
let blobs: Blobs;
let load: (tenant: string, request: ModelRequest) => ReturnType<LoadImages>;
const { signal } = new AbortController();
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-images-'));
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
  const loader = imageLoader(blobs);
  load = (tenant, asked) => loader(tenant, asked, signal);
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** The head of a PNG of so many pixels, and a text. */
const head = (width = 1, height = 1): Buffer<ArrayBuffer> => {
  const bytes = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR........', 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};
const png = (text: string, size = 44): Buffer<ArrayBuffer> =>
  Buffer.concat([head(), Buffer.from(text), Buffer.alloc(Math.max(0, size - 44))]);
const put = (bytes: Buffer, name: string, tenant = 'acme'): Promise<Attachment> =>
  blobs.put(tenant, [bytes], { name, type: undefined });
const user = (text: string, ...attachments: Attachment[]): ModelMessage => ({ role: 'user', text, attachments });
const request = (...messages: ModelMessage[]): ModelRequest => ({
  ...{ system: '', messages, tools: [], maxOutputTokens: 10, key: 'k' },
});
const shownIn = ({ messages }: ModelRequest): readonly (readonly (string | undefined)[])[] =>
  messages.map((message) => (message.role === 'user' ? (message.images ?? []).map(({ name }) => name) : []));

it('shows pictures in their order and leaves other files to their line', async () => {
  const [a, b] = [await put(png('a'), 'a.png'), await put(png('b'), 'b.png')];
  const text = await put(Buffer.from('text'), 'c.png');
  const { messages } = await load(
    'acme',
    request(user('one', a, text, b), { role: 'assistant', text: 'yes' }, user('two')),
  );
  expect(messages[0]).toEqual({
    ...{ role: 'user', text: 'one' },
    images: [
      { mediaType: 'image/png', data: png('a'), name: 'a.png' },
      { mediaType: 'image/png', data: png('b'), name: 'b.png' },
    ],
  });
  expect(messages[2]).toEqual({ role: 'user', text: 'two' });
});

it('shows the ten newest and says so of the others', async () => {
  const all = await Promise.all(Array.from({ length: 12 }, (_, at) => put(png(`no ${at}`), `${at}.png`)));
  const shown = await load('acme', request(user('old', ...all.slice(0, 5)), user('new', ...all.slice(5))));
  expect(shownIn(shown)).toEqual([
    ['2.png', '3.png', '4.png'],
    ['5.png', '6.png', '7.png', '8.png', '9.png', '10.png', '11.png'],
  ]);
  expect(shown.messages[0]?.text).toBe(
    'old\n[picture 0.png is not shown: newer ones take its place]\n[picture 1.png is not shown: newer ones take its place]',
  );
});

it('shows at most 5 MiB of one and 20 MiB of all', async () => {
  const mib = 1_048_576;
  const large = await put(png('large', 5 * mib + 44), 'large.png');
  const four = await Promise.all([1, 2, 3, 4, 5].map((n) => put(png(`${n}`, 5 * mib - 20), `${n}.png`)));
  const shown = await load('acme', request(user('x', ...four, large)));
  expect(shownIn(shown)).toEqual([['2.png', '3.png', '4.png', '5.png']]);
  expect(shown.messages[0]?.text).toContain('[picture large.png is not shown: it is larger than 5 MiB]');
});

it('shows no picture that would grow large when it is decoded, or does not say whether', async () => {
  const [wide, large] = [await put(head(20_000, 1), 'wide.png'), await put(head(8_000, 6_000), 'large.png')];
  const damaged = await put(head().subarray(0, 20), 'damaged.png');
  const fine = await put(head(8_000, 5_000), 'fine.png');
  const shown = await load('acme', request(user('', wide, large, damaged, fine)));
  expect(shownIn(shown)).toEqual([['fine.png']]);
  expect(shown.messages[0]?.text.split('\n')).toEqual([
    '[picture wide.png is not shown: its 20000 x 1 pixels are more than a model is shown]',
    '[picture large.png is not shown: its 8000 x 6000 pixels are more than a model is shown]',
    '[picture damaged.png is not shown: it does not say how large it is]',
  ]);
});

it('says that a picture is gone, another tenant’s, or not a picture after all', async () => {
  const gone = await put(png('gone'), 'gone].png');
  await blobs.delete('acme', gone.id);
  const foreign = await put(png('foreign'), 'foreign.png', 'other');
  const text = { ...(await put(Buffer.from('text'), 'text.png')), type: 'image/png' };
  const shown = await load('acme', request(user('', gone, foreign, text)));
  expect(shownIn(shown)).toEqual([[]]);
  expect(shown.messages[0]?.text.split('\n')).toEqual([
    '[picture gone_.png is not shown: it is no longer kept]',
    '[picture foreign.png is not shown: it is no longer kept]',
    '[picture text.png is not shown: it is not a picture]',
  ]);
});

it('goes on without pictures when they cannot be read', async () => {
  const a = await put(png('a'), 'a.png');
  const broken = { ...blobs, get: () => Promise.reject(new Error('the bucket is away')) };
  const shown = await imageLoader(broken)('acme', request(user('x', a)), signal);
  expect(shown.messages[0]?.text).toContain('cannot be read at the moment');
});

it('waits a limited time for all of them together, and not at all once the step is stopped', async () => {
  const all = [await put(png('a'), 'a.png'), await put(png('b'), 'b.png')];
  let asked = 0;
  const stuck: Blobs = {
    ...blobs,
    get: () => {
      asked += 1;
      return new Promise(() => undefined);
    },
  };
  const slow = await imageLoader(stuck, 20)('acme', request(user('x', ...all)), signal);
  expect(shownIn(slow)).toEqual([[]]);
  expect(slow.messages[0]?.text).toContain('[picture a.png is not shown: it cannot be read at the moment]');
  await imageLoader(stuck)('acme', request(user('x', ...all)), AbortSignal.abort());
  expect(asked).toBe(1);
});

it('reads a picture once for the steps of a turn, each tenant’s for itself', async () => {
  const a = await put(png('a'), 'a.png');
  let reads = 0;
  const counting: Blobs = {
    ...blobs,
    get: (...given) => {
      reads += 1;
      return blobs.get(...given);
    },
  };
  const counted = imageLoader(counting);
  for (let step = 0; step < 3; step += 1) await counted('acme', request(user('x', a)), signal);
  expect(reads).toBe(1);
  expect(shownIn(await counted('other', request(user('x', a)), signal))).toEqual([[]]);
});

it('can take the pictures out again for a model that refuses them', async () => {
  const a = await put(png('a'), 'a.png');
  const shown = await load('acme', request(user('x', a), user('y')));
  const blind = withoutImages(shown);
  expect(blind?.messages).toEqual([
    { role: 'user', text: 'x\n[the model cannot read the pictures of this message]' },
    { role: 'user', text: 'y' },
  ]);
  expect(blind && withoutImages(blind)).toBeUndefined();
});

it('tools get the sixteen newest attachments, each once, oldest first', () => {
  const file = (n: number): Attachment => ({ id: `sha256-${n}`, name: `${n}`, type: 'text/plain', size: 1 });
  const entry = (...attachments: Attachment[]) =>
    ({ v: 1, turn: 1, at: 1, role: 'user', id: 'm', text: '', attachments }) as const;
  const entries = [entry(...Array.from({ length: 15 }, (_, at) => file(at))), entry(file(20), file(3), file(21))];
  expect(recentAttachments(entries).map(({ name }) => name)).toEqual(
    [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 3, 21].map(String),
  );
});
