import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs } from '@queueclaw/blobs';
import type { SentAttachment, PersonMail } from '@queueclaw/contracts';
import { BlobsConfig } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nothing, testAgents, type TestAgents } from './agent-fixture.js';

const cat = { tenant: 'acme', conversation: 'c.1' };
let home: string;
let blobs: Blobs;
let ears: Server;
/** What recordings said, as they came. */
let listened: string[];
let answer: (text: string, response: ServerResponse) => void;
let agents: TestAgents;
const say = (text: string, response: ServerResponse, tokens?: number): void => {
  const usage = tokens === undefined ? {} : { usage: { type: 'tokens', input_tokens: tokens, output_tokens: 1 } };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ text, ...usage }));
};

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-voices-'));
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
  listened = [];
  answer = (text, response) => say(`heard ${text}`, response);
  ears = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      void new Response(Buffer.concat(pieces), { headers }).formData().then(async (form) => {
        const text = await (form.get('file') as unknown as File).text();
        listened.push(text);
        answer(text, response);
      });
    });
  }).listen(0, '127.0.0.1');
  await once(ears, 'listening');
  const base = `http://127.0.0.1:${(ears.address() as AddressInfo).port}/v1`;
  agents = await testAgents({
    ...{ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), home },
    answer: () => ({ text: 'An answer.' }),
    config: {
      limits: { budgets: { person: { tokens: 500_000 } } },
      speech: { transcribe: { base_url: base, api_key: 'a-key-for-this-test', max_size: '1KiB' } },
    },
  });
});
afterEach(async () => {
  await agents.close();
  ears.closeAllConnections();
  ears.close();
  await rm(home, { recursive: true, force: true });
});

const voice = async (text: string): Promise<SentAttachment> => ({
  ...(await blobs.put('acme', [Buffer.from(text)], { name: 'voice.ogg', type: 'audio/ogg' })),
  voice: true,
});
const send = async (id: string, text: string, ...attachments: SentAttachment[]): Promise<void> => {
  const about = { from: { id: 'ada' }, route: { channel: 'http' }, at: Date.now() };
  const mail: PersonMail = { v: 1, kind: 'person', id, text, attachments, ...about };
  await agents.door.conversations.accept(cat, mail);
};
const lastAsked = (): string =>
  agents.asked
    .at(-1)
    ?.request.messages.map(({ text }) => text)
    .join('\n') ?? '';

it('is listened to before the model is asked, once, and remembered', async () => {
  await agents.start();
  await send('m1', '', await voice('call Ada'));
  expect(await agents.ended(cat, 'm1')).toMatchObject({ status: 'answered', reply: { text: 'An answer.' } });
  expect(lastAsked()).toMatch(/^\[voice note, transcribed; .*\] heard call Ada$/);
  await send('m2', 'What did I say?');
  await agents.ended(cat, 'm2');
  expect(lastAsked()).toMatch(/heard call Ada\n(?:.*\n)*What did I say\?$/);
  expect(listened).toEqual(['call Ada']);
  const page = await agents.door.conversations.transcript(cat, { limit: 10 });
  expect(page?.entries[0]).toMatchObject({ attachments: [{ voice: true, heard: { text: 'heard call Ada' } }] });
});

it('a process that ends in the middle has paid for what was said already: the next one asks for the rest alone', async () => {
  const first = await agents.start();
  const silent = answer;
  answer = (text, response) => (text === 'two' ? undefined : silent(text, response));
  await send('m1', '', await voice('one'), await voice('two'), await voice('three'));
  await eventually(() => expect(listened).toEqual(['one', 'two']));
  answer = silent;
  await first.stop(0);
  await agents.start();
  expect(await agents.ended(cat, 'm1')).toMatchObject({ status: 'answered' });
  expect(listened).toEqual(['one', 'two', 'two', 'three']);
  expect(lastAsked().match(/heard \w+/g)).toEqual(['heard one', 'heard two', 'heard three']);
  expect(agents.asked).toHaveLength(1);
  expect(await agents.leftovers(cat)).toEqual(nothing);
});

it('who says stop meanwhile is obeyed at once', async () => {
  await agents.start();
  const closed = Promise.withResolvers<void>();
  answer = (_text, response) => void response.once('close', closed.resolve);
  await send('m1', '', await voice('a long story'));
  await eventually(() => expect(listened).toHaveLength(1));
  await agents.stop(cat, 's1');
  expect(await agents.ended(cat, 'm1')).toMatchObject({ status: 'stopped' });
  await closed.promise;
  expect(agents.asked).toEqual([]);
});

it('that cannot be listened to is told to the model and to its person; alone, no model is asked', async () => {
  await agents.start();
  answer = (_text, response) => void response.writeHead(400, { 'content-type': 'application/json' }).end('{}');
  await send('m1', 'Please listen.', await voice('noise'));
  const told = await agents.ended(cat, 'm1');
  expect(told).toMatchObject({ status: 'answered' });
  expect(told.reply?.text).toBe('An answer.\n\nI could not listen to a voice note: its format is not understood here.');
  expect(lastAsked()).toContain('could not be listened to: its format is not understood');
  await send('m2', '', await voice('x'.repeat(2_000)), { ...(await voice('gone')), id: `sha256-${'0'.repeat(64)}` });
  expect(await agents.ended(cat, 'm2')).toMatchObject({
    status: 'failed',
    reply: { text: 'I could not listen to a voice note: it is too large.' },
    error: { code: 'attachment.voice' },
  });
  expect([agents.asked.length, listened]).toEqual([1, ['noise']]);
});

it('counts in the budget of the day as far as its tokens are told, and is not listened to once that is used up', async () => {
  await agents.start();
  answer = (text, response) => say(`heard ${text}`, response, 470_000);
  await send('m1', '', await voice('one'));
  expect(await agents.ended(cat, 'm1')).toMatchObject({ status: 'answered' });
  for (const [id, text] of [
    ['m2', 'two'],
    ['m3', 'three'],
  ] as const) {
    await send(id, '', await voice(text));
    expect(await agents.ended(cat, id)).toMatchObject({ status: 'failed', error: { code: 'budget.exceeded' } });
  }
  expect(listened).toEqual(['one', 'two']);
  expect(agents.asked).toHaveLength(1);
  expect(await agents.leftovers(cat)).toEqual(nothing);
});
