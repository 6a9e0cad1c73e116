import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs } from '@queueclaw/blobs';
import type { Channel, Connection, Outgoing } from '@queueclaw/channels';
import { AppError, type Attachment, type Reply } from '@queueclaw/contracts';
import { BlobsConfig } from '@queueclaw/runtime';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { toChannels } from './to-channels.js';

let home: string;
let blobs: Blobs;
let file: Attachment;
let seen: { readonly text: string; readonly bytes?: string; readonly key: string }[];
let recorded: number[];
let refuse: (out: Outgoing) => void;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-reply-files-'));
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
  file = await blobs.put('acme', [Buffer.from('the bytes')], { name: 'a.txt', type: 'text/plain' });
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(() => {
  [seen, recorded] = [[], []];
  refuse = () => undefined;
});

const connection: Connection = {
  send: async (out, _to, key) => {
    refuse(out);
    const pieces: Uint8Array[] = [];
    if (out.file !== undefined) for await (const piece of out.file.open()) pieces.push(piece);
    seen.push({ text: out.text, key, ...(out.file === undefined ? {} : { bytes: Buffer.concat(pieces).toString() }) });
  },
  stop: async () => undefined,
};
const deliver = (
  attachments: readonly Attachment[],
  {
    most = 100,
    sent = 0,
    tenant = 'acme',
    text = 'one two',
    types,
  }: { most?: number; sent?: number; tenant?: string; text?: string; types?: string[] } = {},
): Promise<void> => {
  const reply: Reply = {
    ...{ v: 1, id: 'r1', turn: 1, text, answers: ['m1'], status: 'answered', route: { channel: 'pigeon' }, at: 0 },
    attachments: [...attachments],
  };
  const render = (one: Reply): { text: string }[] =>
    (one.text === text ? one.text.split(' ') : [one.text]).map((part) => ({ text: part }));
  const capabilities = {
    buttons: false,
    ...(most === 0 ? {} : { filesBytesMax: most }),
    ...(types && { fileTypes: types }),
  };
  const channel = { capabilities } as unknown as Channel;
  const account = { channel, code: { parse: () => [], render }, connection, deafen: async () => undefined };
  const progress = { sent, waited: false, record: async (part: number) => void recorded.push(part) };
  const send = toChannels({ find: () => account }, undefined, blobs);
  return send({ tenant, conversation: 'c' }, reply, 'k', new AbortController().signal, progress);
};

it('files come after the text, each a part with a key of its own, with the bytes that were kept', async () => {
  await deliver([file, { ...file, name: 'b.txt' }]);
  expect(seen).toEqual([
    { text: 'one', key: 'k/0' },
    { text: 'two', key: 'k/1' },
    { text: '', bytes: 'the bytes', key: 'k/2' },
    { text: '', bytes: 'the bytes', key: 'k/3' },
  ]);
  expect(recorded).toEqual([0, 1, 2]);
});

it('a delivery that goes on sends no file again that the platform has', async () => {
  await deliver([file, { ...file, name: 'b.txt' }], { sent: 3 });
  expect(seen).toEqual([{ text: '', bytes: 'the bytes', key: 'k/3' }]);
});

it('a line says what became of a file that is too large, gone, of another tenant, of another kind or taken nowhere', async () => {
  await deliver([{ ...file, size: 101 }]);
  await deliver([{ ...file, id: `sha256-${'0'.repeat(64)}` }], { text: '好' });
  await deliver([file], { tenant: 'other' });
  await deliver([file], { most: 0 });
  await deliver([file], { types: ['image/png'] });
  await deliver([file], { types: ['image/png', file.type] });
  const lines = seen.filter(({ text }) => text.includes('a.txt')).map(({ text }) => text);
  expect(lines).toEqual([
    'The file a.txt (101 B) could not be sent here: at most 100 B are taken.',
    '文件 a.txt（9 B）无法发送：文件已不再保存。',
    'The file a.txt (9 B) could not be sent here: it is no longer kept.',
    'The file a.txt (9 B) could not be sent here: no files are sent here yet.',
    'The file a.txt (9 B) could not be sent here: files of its kind are not taken.',
  ]);
  expect(seen.at(-1)).toMatchObject({ bytes: 'the bytes' });
});

it('a file that the platform refuses becomes a line under the same key, and the rest is sent', async () => {
  refuse = (out) => {
    if (out.file?.name === 'a.txt') throw new AppError('channel.rejected');
  };
  await deliver([file, { ...file, name: 'b.txt' }], { text: 'x' });
  expect(seen.map(({ text, key }) => `${key} ${text}`)).toEqual([
    'k/0 x',
    'k/1 The file a.txt (9 B) could not be sent here: it was not taken.',
    'k/2 ',
  ]);
});

it('a platform that fails is asked for the same file again, and one that takes nothing is given up', async () => {
  refuse = ({ file: sent }) => {
    if (sent !== undefined) throw new AppError('channel.failed');
  };
  await expect(deliver([file])).rejects.toMatchObject({ code: 'channel.failed' });
  refuse = () => {
    throw new AppError('channel.rejected');
  };
  await expect(deliver([file], { sent: 2 })).rejects.toMatchObject({ code: 'channel.rejected' });
});
