import { request as rawRequest } from 'node:http';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Attachment, attachmentPath, type ErrorCode, errorTable, type PersonMail } from '@queueclaw/contracts';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

const acme = 'the-token-of-acme-0001';
const other = 'the-token-of-another-1';
const writer = 'the-token-of-a-writer1';
const png = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
const maxSize = 300_000;
let home: string;
let it: TestIngress;
let serial = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-attachments-'));
  const tokens = [
    { token: acme, tenant: 'acme' },
    { token: other, tenant: 'other' },
    { token: writer, tenant: 'acme', scopes: ['chat'] },
  ];
  it = await startTestIngress({
    ...{ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), home },
    config: {
      server: { tokens },
      state: { blobs: { max_size: maxSize, tenant_quota: 2_000_000 } },
      limits: { requests_per_minute: 100_000 },
    },
  });
});
afterAll(async () => {
  await it.stop();
  await rm(home, { recursive: true, force: true });
});

const somewhere = (): string => `c${(serial += 1)}`;
const auth = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
type Upload = { readonly name?: string; readonly type?: string; readonly token?: string };
const upload = (
  body: string | Buffer<ArrayBuffer> | ReadableStream,
  { name, type = 'text/plain', token = acme }: Upload = {},
): Promise<Response> => {
  const query = name === undefined ? '' : `?name=${encodeURIComponent(name)}`;
  const headers = { ...auth(token), 'content-type': type };
  return fetch(`${it.url}/api/attachments${query}`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
};
const uploaded = async (body: string | Buffer<ArrayBuffer>, more?: Upload): Promise<Attachment> => {
  const answer = await upload(body, more);
  expect(answer.status).toBe(201);
  return Attachment.parse(await answer.json());
};
const download = (id: string, token = acme, query = ''): Promise<Response> =>
  fetch(`${it.url}/api/attachments/${id}${query}`, { headers: auth(token) });
const post = (body: unknown, token = acme): Promise<Response> =>
  fetch(`${it.url}/api/message`, {
    ...{ method: 'POST', headers: { ...auth(token), 'content-type': 'application/json' } },
    body: JSON.stringify(body),
  });
const mailOf = async (conversation: string, tenant = 'acme'): Promise<readonly PersonMail[]> =>
  (await it.claim({ tenant, conversation })).inbox().mail;
const expectError = async (answer: Response, code: ErrorCode): Promise<void> => {
  const body = (await answer.json()) as { error: { code: string } };
  expect([answer.status, body.error.code]).toEqual([errorTable[code].status, code]);
};
const incoming = (): Promise<string[]> => readdir(join(home, 'blobs', '.new'));

describe('an upload', () => {
  test('answers what it stored and gives the same bytes back', async () => {
    const answer = await upload(png, { name: '../图 1.png', type: 'text/html' });
    const stored = Attachment.parse(await answer.json());
    expect(stored).toMatchObject({ name: '图 1.png', type: 'image/png', size: png.length });
    expect(answer.headers.get('location')).toBe(`/api/attachments/${stored.id}`);
    const back = await download(stored.id);
    expect(Buffer.from(await back.arrayBuffer())).toEqual(png);
    expect(await uploaded(png)).toMatchObject({ id: stored.id, name: 'attachment' });
  });

  test('of any type is a file, JSON too, also in pieces without a length', async () => {
    const json = await uploaded('{"not": parsed', { type: 'application/json' });
    expect(json).toMatchObject({ type: 'application/json', size: 14 });
    const pieces = Readable.from([Buffer.from('one '), Buffer.from('two')]);
    const answer = await upload(Readable.toWeb(pieces) as ReadableStream);
    expect(await answer.json()).toMatchObject({ size: 7 });
  });

  test('never runs as a page of ours: it is saved, not shown', async () => {
    const { id } = await uploaded('<script>alert(1)</script>', { type: 'text/html', name: 'a.html' });
    const { headers } = await download(id, acme, `?name=${encodeURIComponent('a"; x=\r\n*é.html')}`);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''a%22%3B%20x%3D%20%2a%C3%A9.html");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
  });

  test('that is too large is refused: announced before it is read, else at the first byte too many', async () => {
    const pulled = { announced: 0, unannounced: 0 };
    const endless = (which: keyof typeof pulled): Readable =>
      Readable.from(
        (function* () {
          for (;;) {
            pulled[which] += 1;
            if (pulled[which] > 2_000) return;
            yield Buffer.alloc(10_000);
          }
        })(),
      );
    const answerTo = (which: keyof typeof pulled, headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = rawRequest(`${it.url}/api/attachments`, {
          method: 'POST',
          headers: { ...auth(acme), ...headers },
        });
        request.on('error', reject);
        request.on('response', (response) => {
          resolve(response.statusCode);
          request.destroy();
        });
        endless(which).pipe(request);
      });
    expect(await answerTo('announced', { 'content-length': '20000000' })).toBe(413);
    expect(await answerTo('unannounced', { 'transfer-encoding': 'chunked' })).toBe(413);
    // Sockets hold a few megabytes; had it been read to the end, it were twenty.
    expect(pulled.announced).toBeLessThan(1_500);
    expect(pulled.unannounced).toBeLessThan(1_500);
    await expectError(await upload(Buffer.alloc(maxSize + 1)), 'attachment.too_large');
    expect((await upload(Buffer.alloc(maxSize))).status).toBe(201);
    await eventually(async () => expect(await incoming()).toEqual([]));
  });

  test('that breaks off leaves nothing', async () => {
    const headers = { ...auth(acme), 'content-length': '1000' };
    const request = rawRequest(`${it.url}/api/attachments`, { method: 'POST', headers });
    request.on('error', () => undefined);
    request.write('half');
    await eventually(async () => expect(await incoming()).toHaveLength(1));
    request.destroy();
    await eventually(async () => expect(await incoming()).toEqual([]));
  });

  test('beyond the quota is refused, another tenant is not', async () => {
    const { token, name } = { token: other, name: 'x' };
    const piece = (fill: number): Buffer<ArrayBuffer> => Buffer.alloc(290_000, fill);
    for (let at = 0; at < 6; at += 1) await uploaded(piece(at), { token, name });
    await expectError(await upload(piece(9), { token }), 'attachment.quota');
    expect((await upload(piece(9))).status).toBe(201);
  });

  test('needs a token with the scope, a body, and a place in the line', async () => {
    const bare = await fetch(`${it.url}/api/attachments`, { method: 'POST', body: 'x' });
    await expectError(bare, 'auth.required');
    await expectError(await download((await uploaded('x')).id, writer), 'auth.forbidden');
    const empty = await new Promise<number | undefined>((resolve) => {
      const request = rawRequest(`${it.url}/api/attachments`, { method: 'POST', headers: auth(acme) });
      request.on('response', ({ statusCode }) => resolve(statusCode)).end();
    });
    expect(empty).toBe(422);
    const held = Array.from({ length: 8 }, () => {
      const headers = { ...auth(acme), 'content-length': '10' };
      const request = rawRequest(`${it.url}/api/attachments`, { method: 'POST', headers });
      request.on('error', () => undefined).write('x');
      return request;
    });
    await eventually(async () => expect(await incoming()).toHaveLength(8));
    await expectError(await upload('x'), 'rate.limited');
    expect((await upload('x', { token: other })).status).toBe(201);
    for (const request of held) request.destroy();
    await eventually(async () => expect((await upload('x')).status).toBe(201));
  });

  test('is not found under what is no id, nor by another tenant', async () => {
    const { id } = await uploaded('of acme');
    await expectError(await download(id, other), 'route.not_found');
    for (const wrong of ['..%2f..%2fetc%2fpasswd', id.slice(7), `${id}x`, '%00', '.new'])
      await expectError(await download(wrong), 'route.not_found');
  });
});

describe('a message', () => {
  test('may have a voice note, which is then listened to', async () => {
    const { id } = await uploaded('OggS', { type: 'audio/ogg', name: 'voice.ogg' });
    const conversation = somewhere();
    const attachments = [{ id, name: 'voice.ogg', type: 'audio/ogg', voice: true }];
    expect((await post({ conversation, text: '', attachments })).status).toBe(202);
    const [mail] = await mailOf(conversation);
    expect(mail?.attachments).toEqual([{ id, name: 'voice.ogg', type: 'audio/ogg', size: 4, voice: true }]);
    await expectError(
      await post({ conversation, text: '', attachments: [{ id, heard: { text: 'forged' } }] }),
      'request.invalid',
    );
  });

  test('carries its attachments as they are stored, whatever the client says of them', async () => {
    const conversation = somewhere();
    const { id } = await uploaded(png);
    const attachments = [{ id, name: 'cat.png', type: 'text/html', size: 1 }, { id }];
    expect((await post({ conversation, text: '', attachments })).status).toBe(202);
    const stored = { id, type: 'image/png', size: png.length };
    expect(await mailOf(conversation)).toMatchObject([
      {
        text: '',
        attachments: [
          { ...stored, name: 'cat.png' },
          { ...stored, name: 'picture.png' },
        ],
      },
    ]);
  });

  test('with what nobody uploaded, or another tenant did, is refused', async () => {
    const { id } = await uploaded('of another tenant', { token: other });
    const unknown = `sha256-${'0'.repeat(64)}`;
    for (const wrong of [id, unknown])
      await expectError(
        await post({ conversation: 'c', text: 'x', attachments: [{ id: wrong }] }),
        'attachment.not_found',
      );
    for (const attachments of [[{ id: '../x' }], [{ url: 'http://127.0.0.1' }], Array(17).fill({ id: unknown })])
      await expectError(await post({ conversation: 'c', text: 'x', attachments }), 'request.invalid');
    await expectError(await post({ conversation: 'c', text: '', attachments: [] }), 'request.invalid');
  });

  test('with the same id is the same message only with the same attachments', async () => {
    const conversation = somewhere();
    const [a, b] = [await uploaded('a'), await uploaded('b')];
    const send = (attachments: unknown[]): Promise<Response> =>
      post({ conversation, text: 'x', id: 'm1', attachments });
    expect((await send([a])).status).toBe(202);
    expect((await send([a])).status).toBe(202);
    await expectError(await send([b]), 'message.conflict');
    await expectError(await send([]), 'message.conflict');
    expect(await mailOf(conversation)).toHaveLength(1);
  });

  test('over the WebSocket carries attachments too', async () => {
    const conversation = somewhere();
    const { id } = await uploaded('over the socket');
    const socket = new WebSocket(`${it.url.replace('http', 'ws')}/ws`);
    const frames: { type: string; code?: string }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data)) as { type: string }));
    socket.on('open', () => {
      const send = (frame: unknown): void => socket.send(JSON.stringify(frame));
      send({ type: 'auth', token: acme });
      send({ type: 'send', conversation, id: 'm1', text: '', attachments: [{ id, name: 'a.txt' }] });
      send({ type: 'send', conversation, id: 'm2', text: '', attachments: [{ id: `sha256-${'0'.repeat(64)}` }] });
    });
    await eventually(async () =>
      expect(frames.map(({ type, code }) => code ?? type)).toEqual(
        expect.arrayContaining(['accepted', 'attachment.not_found']),
      ),
    );
    socket.terminate();
    expect(await mailOf(conversation)).toMatchObject([{ id: 'm1', attachments: [{ id, name: 'a.txt', size: 15 }] }]);
  });
});

describe('the OpenAI-compatible API', () => {
  const client = (): OpenAI => new OpenAI({ baseURL: `${it.url}/v1`, apiKey: acme, maxRetries: 0 });
  const dataUrl = (type: string, bytes: Buffer): string => `data:${type};base64,${bytes.toString('base64')}`;
  type Part = OpenAI.Chat.Completions.ChatCompletionContentPart;
  const picture = (url: string): Part => ({ type: 'image_url', image_url: { url } });
  const complete = async (conversation: string, content: Part[], before: Part[] = []): Promise<unknown> => {
    const user = (parts: Part[]) => ({ role: 'user', content: parts }) as const;
    const messages = [...(before.length === 0 ? [] : [user(before)]), user(content)];
    const headers = conversation === '' ? {} : { 'x-queueclaw-conversation': conversation };
    return client().chat.completions.create({ model: 'queueclaw', messages }, { headers });
  };

  test('takes pictures and files of the official client as attachments', async () => {
    const conversation = somewhere();
    const { id: uploadedId } = await uploaded('before');
    const asked = complete(conversation, [
      { type: 'text', text: 'What is this?' },
      picture(dataUrl('image/png', png)),
      { type: 'file', file: { filename: 'a.pdf', file_data: dataUrl('application/pdf', Buffer.from('%PDF-1.7')) } },
      { type: 'file', file: { file_id: uploadedId, filename: 'b.txt' } },
    ]);
    asked.catch(() => undefined);
    const mail = await eventually(async () => mailOf(conversation));
    expect(mail).toMatchObject([
      {
        text: 'What is this?',
        attachments: [
          { name: 'picture.png', type: 'image/png', size: png.length },
          { name: 'a.pdf', type: 'application/pdf', size: 8 },
          { id: uploadedId, name: 'b.txt' },
        ],
      },
    ]);
  });

  test('takes a picture larger than other bodies may be', async () => {
    const big = Buffer.concat([png, Buffer.alloc(2_000_000)]);
    await expect(complete('x', [picture(dataUrl('image/png', big))])).rejects.toMatchObject({
      status: 413,
      code: 'attachment.too_large',
    });
  });

  test.each<[string, Part, string]>([
    ['an address', picture('https://example.com/cat.png'), 'request.unsupported'],
    ['an address inside', picture('http://169.254.169.254/latest'), 'request.unsupported'],
    ['a file of this machine', picture('file:///etc/passwd'), 'request.unsupported'],
    ['data that is not base64', picture('data:image/png,hello'), 'request.invalid'],
    ['sound', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }, 'request.unsupported'],
    ['a foreign file id', { type: 'file', file: { file_id: 'file-abc' } }, 'request.invalid'],
    ['an unknown attachment', { type: 'file', file: { file_id: `sha256-${'0'.repeat(64)}` } }, 'attachment.not_found'],
  ])('refuses %s', async (_, part, code) => {
    await expect(complete('x', [part])).rejects.toMatchObject({ code });
  });

  test('refuses too many', async () => {
    const parts = Array<Part>(17).fill(picture(dataUrl('image/png', png)));
    await expect(complete('x', parts)).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

test('what a conversation attached is in its transcript, its export and, when it is forgotten, still there to expire', async () => {
  const conversation = somewhere();
  const { id } = await uploaded('report', { name: 'report.txt' });
  const address = { tenant: 'acme', conversation };
  expect((await post({ conversation, text: 'read', id: 'm1', attachments: [{ id, name: 'report.txt' }] })).status).toBe(
    202,
  );
  await it.answer(address, 'read it');
  const read = (path: string): Promise<Response> =>
    fetch(`${it.url}/api/conversations/${path}`, { headers: auth(acme) });
  const exported = (await (await read(`${conversation}/export`)).text()).trim().split('\n');
  expect(JSON.parse(exported[0] ?? '')).toMatchObject({ role: 'user', attachments: [{ id, name: 'report.txt' }] });
  expect(await (await read(conversation)).json()).toMatchObject({ entries: [{ attachments: [{ id }] }, {}] });
  const gone = await fetch(`${it.url}/api/conversations/${conversation}`, { method: 'DELETE', headers: auth(acme) });
  expect(gone.status).toBe(204);
  expect((await download(id)).status).toBe(200);
});

test('files of an answer are named wherever it is told, and are given as downloads to their tenant alone', async () => {
  const conversation = somewhere();
  const address = { tenant: 'acme', conversation };
  const file = await uploaded('<script>alert(1)</script>', { name: 'page.html' });
  const waiting = fetch(`${it.url}/api/message?wait=30s`, {
    method: 'POST',
    headers: { ...auth(acme), 'content-type': 'application/json' },
    body: JSON.stringify({ conversation, text: 'make it', id: 'm1' }),
  });
  await eventually(async () => it.finish(address, await it.claim(address), 'Here.', 'answered', [file]));
  const told = { text: 'Here.', answers: ['m1'], attachments: [file] };
  expect(await (await waiting).json()).toMatchObject({ status: 'answered', reply: told });
  const later = await fetch(`${it.url}/api/messages/m1?conversation=${conversation}`, { headers: auth(acme) });
  expect(await later.json()).toMatchObject({ reply: told });
  const given = await fetch(it.url + attachmentPath(file), { headers: auth(acme) });
  expect(given.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''page.html");
  expect([given.headers.get('content-type'), given.headers.get('x-content-type-options')]).toEqual([
    'application/octet-stream',
    'nosniff',
  ]);
  for (const headers of [{}, auth(other)])
    expect((await fetch(it.url + attachmentPath(file), { headers })).ok).toBe(false);
});
