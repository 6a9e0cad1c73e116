import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TranscribeConfig } from '@queueclaw/runtime';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTranscriber, type Transcription } from './transcriber.js';

type Asked = { readonly key: string | undefined; readonly path: string; readonly form: FormData };

let url: string;
let asked: Asked[] = [];
let answers: ((response: ServerResponse) => void)[] = [];
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    void new Response(Buffer.concat(pieces), { headers }).formData().then((form) => {
      asked.push({ key: request.headers.authorization, path: request.url ?? '', form });
      (answers.shift() ?? json(200, { text: ' Call Ada back. ' }))(response);
    });
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});
beforeEach(() => void ([asked, answers] = [[], []]));

const never = new AbortController().signal;
const spoken = { bytes: new Uint8Array([79, 103, 103, 83, 0, 255]), type: 'audio/ogg' };
const ask = (more: Record<string, unknown> = {}, signal = never): Promise<Transcription> =>
  createTranscriber(TranscribeConfig.parse({ base_url: url, api_key: 'sk-ours', model: 'ears-1', ...more }), {})(
    spoken,
    signal,
  );
const soon = { 'retry-after-ms': '1' };

it('sends the recording, its model and language, and gives back what was said', async () => {
  answers = [json(200, { text: ' Call Ada back. ', usage: { type: 'tokens', input_tokens: 9, output_tokens: 4 } })];
  expect(await ask({ language: 'en' })).toEqual({
    ok: true,
    text: 'Call Ada back.',
    usage: { inputTokens: 9, outputTokens: 4 },
  });
  const [{ form, key, path } = { form: new FormData(), key: '', path: '' }] = asked;
  const file = form.get('file') as unknown as File;
  expect([path, key, form.get('model'), form.get('language'), form.get('response_format')]).toEqual([
    ...['/v1/audio/transcriptions', 'Bearer sk-ours', 'ears-1', 'en', 'json'],
  ]);
  expect([file.name, file.type, new Uint8Array(await file.arrayBuffer())]).toEqual([
    ...['voice.ogg', 'audio/ogg', spoken.bytes],
  ]);
});

it('knows what other servers say: seconds instead of tokens, nothing said', async () => {
  answers = [json(200, { text: '', usage: { type: 'duration', seconds: 3 } })];
  expect(await ask()).toEqual({ ok: true, text: '' });
  expect(asked[0]?.form.has('language')).toBe(false);
});

it('asks again what fails for a while, and says in the end why not', async () => {
  answers = [json(503, {}, soon), json(429, {}, soon)];
  expect(await ask()).toMatchObject({ ok: true });
  answers = Array.from({ length: 5 }, () => json(500, {}, soon));
  expect(await ask()).toMatchObject({ ok: false, failure: { code: 'llm.unavailable' } });
  expect(asked).toHaveLength(6);
});

it.each([
  [400, 'llm.refused'],
  [401, 'llm.auth'],
  [413, 'llm.context'],
] as const)('what is refused with %j is not asked again: %s', async (status, code) => {
  answers = [json(status, { error: { message: 'sk-ours is wrong' } })];
  const told = await ask();
  expect(told).toMatchObject({ ok: false, failure: { code } });
  expect(JSON.stringify(told)).not.toContain('sk-ours');
  expect(asked).toHaveLength(1);
});

it('nonsense, a redirect to elsewhere and a server that is not there are no transcript', async () => {
  answers = [json(200, { words: 1 }), json(302, {}, { location: 'http://example.com/' })];
  expect(await ask()).toMatchObject({ ok: false, failure: { code: 'llm.nonsense' } });
  expect(await ask()).toMatchObject({ ok: false });
  expect(asked).toHaveLength(2);
});

it('ends at its time-out, and at once when nobody wants to know any more', async () => {
  const hang = (response: ServerResponse): void => void response.writeHead(200, { 'content-type': 'application/json' });
  answers = [hang, hang];
  const late = createTranscriber({ ...TranscribeConfig.parse({ base_url: url, model: 'ears-1' }), timeout: 50 }, {});
  expect(await late(spoken, never)).toMatchObject({ ok: false, failure: { code: 'llm.timeout' } });
  const stop = new AbortController();
  const asking = ask({}, stop.signal);
  stop.abort();
  expect(await asking).toMatchObject({ ok: false, failure: { code: 'llm.aborted' } });
});

it('needs a key for OpenAI itself, and never takes the environment’s elsewhere', async () => {
  const none = createTranscriber(TranscribeConfig.parse({}), {});
  expect(await none(spoken, never)).toMatchObject({ ok: false, failure: { code: 'llm.auth' } });
  const env = { OPENAI_API_KEY: 'sk-of-the-environment' };
  await createTranscriber(TranscribeConfig.parse({ base_url: url }), env)(spoken, never);
  expect(asked[0]?.key).toBe('Bearer none');
});
