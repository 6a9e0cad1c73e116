import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs } from '@queueclaw/blobs';
import type { Attachment, PersonMail } from '@queueclaw/contracts';
import { BlobsConfig } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testAgents, type TestAgents } from './agent-fixture.js';

type Asked = { readonly messages: readonly { readonly role: string; readonly content: unknown }[] };

const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01 a picture', 'latin1');
const cat = { tenant: 'acme', conversation: 'c.1' };
let home: string;
let blobs: Blobs;
let vendor: Server;
let asked: Asked[];
let refuses: (request: Asked) => boolean;
let agents: TestAgents;

/** What a server of Chat Completions streams. */
const answer = (text: string): string =>
  [
    { choices: [{ index: 0, delta: { content: text } }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } },
  ]
    .map(
      (chunk) => `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'eyes-1', ...chunk })}\n\n`,
    )
    .join('') + 'data: [DONE]\n\n';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-pictures-'));
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
  asked = [];
  refuses = () => false;
  vendor = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(pieces).toString()) as Asked;
      asked.push(body);
      if (refuses(body)) response.writeHead(400).end(JSON.stringify({ error: { message: 'cannot read the image' } }));
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer('A cat.'));
    });
  }).listen(0, '127.0.0.1');
  await once(vendor, 'listening');
  const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/v1`;
  const eyes = { provider: 'openai', model: 'eyes-1', base_url: url, api_key: 'a-key-for-this-test', vision: true };
  agents = await testAgents({
    ...{ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), home, configured: true },
    answer: () => ({ text: 'never asked' }),
    config: { llm: { default: 'eyes', models: { eyes } } },
  });
  await agents.start();
});
afterEach(async () => {
  await agents.close();
  vendor.closeAllConnections();
  vendor.close();
  await rm(home, { recursive: true, force: true });
});

const say = async (id: string, text: string, ...attachments: Attachment[]): Promise<unknown> => {
  const about = { from: { id: 'ada' }, route: { channel: 'http' }, at: Date.now() };
  const mail: PersonMail = { v: 1, kind: 'person', id, text, attachments, ...about };
  await agents.door.conversations.accept(cat, mail);
  return agents.ended(cat, id);
};
const picture = (): Promise<Attachment> => blobs.put('acme', [png], { name: 'cat.png', type: 'image/png' });
const dataUrl = `data:image/png;base64,${png.toString('base64')}`;

it('a picture of a message reaches the model as a picture, now and in later turns', async () => {
  expect(await say('m1', 'What is it?', await picture())).toMatchObject({
    status: 'answered',
    reply: { text: 'A cat.' },
  });
  const shown = {
    role: 'user',
    content: expect.arrayContaining([
      expect.objectContaining({ type: 'text', text: expect.stringMatching(/^What is it\?\n\[attachment: cat\.png,/) }),
      { type: 'image_url', image_url: expect.objectContaining({ url: dataUrl }) },
    ]) as unknown,
  };
  expect(asked[0]?.messages.at(-1)).toEqual(shown);
  await say('m2', 'Are you sure?');
  expect(asked[1]?.messages).toEqual(expect.arrayContaining([shown]));
  expect(asked[1]?.messages.at(-1)).toMatchObject({ role: 'user', content: 'Are you sure?' });
});

it('a picture that the model refuses does not end the conversation', async () => {
  refuses = (request) => JSON.stringify(request).includes('image_url');
  expect(await say('m1', 'What is it?', await picture())).toMatchObject({ status: 'answered' });
  expect(asked.map((request) => JSON.stringify(request).includes('image_url'))).toEqual([true, false]);
  expect(JSON.stringify(asked[1])).toContain('cannot read the pictures');
  expect(await say('m2', 'And now?')).toMatchObject({ status: 'answered' });
});

it('what is neither in the transcript nor in the journal is the picture itself', async () => {
  await say('m1', 'What is it?', await picture());
  const page = await agents.door.conversations.transcript(cat, { limit: 10 });
  expect(page?.entries[0]).toMatchObject({ role: 'user', attachments: [{ name: 'cat.png', size: png.length }] });
  expect(JSON.stringify(page)).not.toContain(png.toString('base64'));
});
