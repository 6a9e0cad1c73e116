import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { errorTable, type ErrorCode, MessageStatus } from '@queueclaw/contracts';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

let it: TestIngress;
let serial = 0;

beforeAll(async () => {
  it = await startTestIngress({
    redisUrl: await sharedRedis(),
    namespace: uniqueNamespace(),
    config: {
      limits: { mailbox: 3, requests_per_minute: 100_000 },
      server: { allowed_origins: ['https://app.example.com'] },
    },
  });
});
afterAll(() => it.stop());

const somewhere = (): string => `c${(serial += 1)}`;
const at = (conversation: string): { tenant: string; conversation: string } => ({ tenant: 'default', conversation });
const json = { 'content-type': 'application/json' };
const postRaw = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = json,
  query = '',
): Promise<Response> => fetch(`${it.url}/api/message${query}`, { method: 'POST', headers, body });
const post = (body: unknown, query = ''): Promise<Response> => postRaw(JSON.stringify(body), json, query);
const get = (path: string): Promise<Response> => fetch(it.url + path);
const statusOf = async (answer: Response): Promise<MessageStatus> => MessageStatus.parse(await answer.json());

const expectError = async (answer: Response, code: ErrorCode): Promise<void> => {
  const body = (await answer.json()) as { error: { code: string; message: string } };
  expect([answer.status, body.error.code]).toEqual([errorTable[code].status, code]);
  expect(Object.keys(body)).toEqual(['error']);
  expect(body.error.message).not.toBe('');
};

describe('POST /api/message', () => {
  test('answers 202 with the message and where to ask for it, after the message is in the mailbox', async () => {
    const conversation = somewhere();
    const answer = await post({ conversation, text: '你好', id: 'm1' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe('/api/messages/m1');
    expect(await answer.json()).toEqual({ id: 'm1', conversation, status: 'accepted' });
    const { mail } = (await it.claim(at(conversation))).inbox();
    expect(mail).toMatchObject([{ id: 'm1', text: '你好', from: { id: 'local' }, route: { channel: 'http' } }]);
  });

  test('makes an id where the client has none', async () => {
    const { id } = await statusOf(await post({ conversation: somewhere(), text: 'hi' }));
    expect(id).toMatch(/^[0-9a-z]{26}$/);
  });

  test('waits for the reply when asked to', async () => {
    const conversation = somewhere();
    const waiting = post({ conversation, text: 'hi', id: 'w1' }, '?wait=30s');
    await eventually(() => it.answer(at(conversation), 'hello'));
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(await statusOf(answer)).toEqual({
      ...{ id: 'w1', conversation, status: 'answered', turn: 1 },
      reply: { text: 'hello', answers: ['w1'] },
    });
  });

  test('answers 202 when the wait ends first', async () => {
    const answer = await post({ conversation: somewhere(), text: 'hi' }, '?wait=1s');
    expect(answer.status).toBe(202);
  });

  test('gives the first result to the same id, waiting or not, and refuses another text', async () => {
    const conversation = somewhere();
    const message = { conversation, text: 'hi', id: 'd1' };
    expect((await post(message)).status).toBe(202);
    expect((await post(message)).status).toBe(202);
    await it.answer(at(conversation), 'once');
    await eventually(async () => expect((await statusOf(await get('/api/messages/d1'))).status).toBe('answered'));
    for (const query of ['', '?wait=30s']) {
      const again = await post(message, query);
      expect(again.status).toBe(200);
      expect((await statusOf(again)).reply?.text).toBe('once');
    }
    await expectError(await post({ ...message, text: 'other' }), 'message.conflict');
  });

  test('a wait whose client has gone leaves nothing behind', async () => {
    const conversation = somewhere();
    const controller = new AbortController();
    const body = JSON.stringify({ conversation, text: 'hi', id: 'gone1' });
    const waiting = fetch(`${it.url}/api/message?wait=120s`, {
      method: 'POST',
      headers: json,
      body,
      signal: controller.signal,
    });
    waiting.catch(() => undefined);
    const closed = await eventually(async () => {
      expect((await it.door.conversations.message('default', 'gone1'))?.status).toBe('accepted');
      return true;
    });
    controller.abort();
    await expect(waiting).rejects.toThrow();
    expect(closed).toBe(true);
    await it.answer(at(conversation), 'nobody waits');
    await eventually(async () => expect((await statusOf(await get('/api/messages/gone1'))).status).toBe('answered'));
  });

  test('answers 429 with Retry-After when the mailbox is full', async () => {
    const conversation = somewhere();
    for (const text of ['1', '2', '3']) expect((await post({ conversation, text })).status).toBe(202);
    const answer = await post({ conversation, text: '4' });
    expect(answer.headers.get('retry-after')).toBe('2');
    await expectError(answer, 'conversation.busy');
  });

  test.each(['/stop', ' /stop\n', '/new', '/reset'])(
    'makes control mail of %j, which a full mailbox does not stop',
    async (text) => {
      const conversation = somewhere();
      for (const word of ['1', '2', '3']) await post({ conversation, text: word });
      const waiting = post({ conversation, text, id: 'ctl' }, '?wait=30s');
      await eventually(async () =>
        expect((await get(`/api/messages/ctl?conversation=${conversation}`)).status).toBe(200),
      );
      await it.answer(at(conversation), 'Stopped.', 'stopped');
      expect(await statusOf(await waiting)).toMatchObject({ status: 'stopped', reply: { text: 'Stopped.' } });
    },
  );
});

describe('bad input', () => {
  const c = 'bad';
  const nested = (depth: number): string => `{"conversation":"bad","text":${'['.repeat(depth)}${']'.repeat(depth)}}`;

  test.each<[string, unknown, ErrorCode]>([
    ['no text', { conversation: c }, 'request.invalid'],
    ['empty text', { conversation: c, text: '' }, 'request.invalid'],
    ['text that is no string', { conversation: c, text: 7 }, 'request.invalid'],
    ['NUL', { conversation: c, text: 'a\u0000b' }, 'request.invalid'],
    ['an unknown key', { conversation: c, text: 'x', tenant: 'acme' }, 'request.invalid'],
    ['an id with a slash', { conversation: c, text: 'x', id: 'a/b' }, 'request.invalid'],
    ['no conversation', { text: 'x' }, 'conversation.invalid'],
    ['a conversation with a colon', { conversation: 'a:b', text: 'x' }, 'conversation.invalid'],
    ['a conversation of 129', { conversation: 'x'.repeat(129), text: 'x' }, 'conversation.invalid'],
    ['text over 64 KiB', { conversation: c, text: 'x'.repeat(65_537) }, 'request.text_too_long'],
    ['text over 64 KiB in Chinese', { conversation: c, text: '好'.repeat(22_000) }, 'request.text_too_long'],
    ['an array', [], 'request.invalid'],
    ['null', null, 'request.invalid'],
  ])('refuses %s', async (_name, body, code) => {
    await expectError(await post(body), code);
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>, ErrorCode]>([
    ['what is no JSON', '{"conversation":', 'request.malformed'],
    ['an empty body', '', 'request.malformed'],
    [
      'invalid UTF-8',
      new Uint8Array([...Buffer.from('{"conversation":"bad","text":"'), 0xff, 0x22, 0x7d]),
      'request.malformed',
    ],
    ['a raw NUL', '{"conversation":"bad","text":"a\u0000b"}', 'request.malformed'],
    ['JSON 65 deep', nested(64), 'request.malformed'],
    ['JSON 64 deep, but no text', nested(63), 'request.invalid'],
    ['__proto__', '{"conversation":"bad","text":"x","__proto__":{"tenant":"acme"}}', 'request.invalid'],
    ['constructor', '{"conversation":"bad","text":"x","constructor":{"prototype":{}}}', 'request.invalid'],
    ['a body over 1 MiB', JSON.stringify({ conversation: c, text: 'x'.repeat(1_048_577) }), 'request.too_large'],
  ])('refuses %s', async (_name, body, code) => {
    await expectError(await postRaw(body), code);
  });

  test('takes text of exactly 64 KiB', async () => {
    expect((await post({ conversation: somewhere(), text: 'x'.repeat(65_536) })).status).toBe(202);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ])('refuses content type %s', async (type) => {
    await expectError(
      await postRaw('{"conversation":"bad","text":"x"}', { 'content-type': type }),
      'request.media_type',
    );
  });

  test('refuses a post without body and type', async () => {
    await expectError(await fetch(`${it.url}/api/message`, { method: 'POST' }), 'request.invalid');
  });

  test.each(['0', '30', '500ms', '121s', '-1s', 'NaN', '1e99s', ''])('refuses ?wait=%s', async (wait) => {
    await expectError(await post({ conversation: c, text: 'x' }, `?wait=${wait}`), 'request.invalid');
  });

  test('none of it reached a mailbox, and no value of it is in an answer', async () => {
    expect(await it.door.conversations.transcript(at(c), { limit: 1 })).toBeUndefined();
    const answer = await post({ conversation: 'canary/canary', text: 'x' });
    expect(await answer.text()).not.toContain('canary');
  });

  test.each<[string, string, ErrorCode]>([
    ['GET', '/nowhere', 'route.not_found'],
    ['PUT', '/api/message', 'route.not_found'],
    ['GET', '/assets/../package.json', 'route.not_found'],
    ['GET', '/assets/%2e%2e/%2e%2e/package.json', 'route.not_found'],
    ['GET', '/api/messages/%zz', 'request.malformed'],
    ['GET', '/api/messages/unknown', 'message.not_found'],
    ['GET', '/api/messages/a%2Fb', 'message.not_found'],
    ['GET', '/api/messages/x?conversation=a:b', 'conversation.invalid'],
    ['GET', '/api/conversations/unknown', 'conversation.not_found'],
    ['GET', '/api/conversations/a%3Ab', 'conversation.invalid'],
    ['GET', '/api/conversations?limit=0', 'request.invalid'],
    ['GET', '/api/conversations?limit=201', 'request.invalid'],
    ['GET', '/api/conversations/x?before=-1', 'request.invalid'],
    ['DELETE', '/api/conversations/unknown', 'conversation.not_found'],
    ['GET', '/api/conversations/unknown/export', 'conversation.not_found'],
  ])('answers %s %s with %s', async (method, path, code) => {
    await expectError(await fetch(it.url + path, { method }), code);
  });

  test('answers what is not HTTP in the same shape', async () => {
    const socket = connect(Number(new URL(it.url).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write('GET / HTTP/9.9\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: 'request.malformed' } });
  });
});

describe('conversations', () => {
  const talk = async (conversation: string, times: number): Promise<void> => {
    for (let turn = 1; turn <= times; turn += 1) {
      await post({ conversation, text: `q${turn}`, id: `${conversation}-${turn}` });
      await it.answer(at(conversation), `a${turn}`);
    }
  };

  test('a transcript is read a page at a time, the newest first', async () => {
    const conversation = somewhere();
    await talk(conversation, 3);
    const newest = (await (await get(`/api/conversations/${conversation}?limit=4`)).json()) as {
      entries: { text: string }[];
      next: number;
    };
    expect(newest.entries.map(({ text }) => text)).toEqual(['q2', 'a2', 'q3', 'a3']);
    const older = (await (
      await get(`/api/conversations/${conversation}?limit=4&before=${newest.next}`)
    ).json()) as typeof newest;
    expect(older.entries.map(({ text }) => text)).toEqual(['q1', 'a1']);
    expect(older.next).toBeUndefined();
  });

  test('conversations are listed, the last active first', async () => {
    const [first, second] = [somewhere(), somewhere()];
    await talk(first, 1);
    await talk(second, 1);
    const list = (await (await get('/api/conversations?limit=1')).json()) as {
      conversations: { conversation: string }[];
      next: number;
    };
    expect(list.conversations.map(({ conversation }) => conversation)).toEqual([second]);
    expect(list.next).toBeGreaterThan(0);
  });

  test('an export has an entry a line', async () => {
    const conversation = somewhere();
    await talk(conversation, 2);
    const answer = await get(`/api/conversations/${conversation}/export`);
    expect(answer.headers.get('content-type')).toContain('application/jsonl');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  test('what is forgotten is gone, its messages too', async () => {
    const conversation = somewhere();
    await talk(conversation, 1);
    expect((await fetch(`${it.url}/api/conversations/${conversation}`, { method: 'DELETE' })).status).toBe(204);
    await expectError(await get(`/api/conversations/${conversation}`), 'conversation.not_found');
    await expectError(await get(`/api/messages/${conversation}-1`), 'message.not_found');
  });
});

describe('web pages of others', () => {
  const called = (path: string, method: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(it.url);
      const request = rawRequest({
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: { host: `127.0.0.1:${port}`, ...headers },
      });
      request.once('response', (response) => resolve(response.resume().statusCode ?? 0));
      request.once('error', reject);
      request.end(method === 'POST' ? '{"conversation":"x","text":"evil"}' : undefined);
    });

  test.each([
    ['/api/message', 'POST', { ...json, origin: 'https://evil.example.com' }],
    ['/api/message', 'POST', { ...json, origin: 'null' }],
    ['/api/message', 'POST', { ...json, host: 'evil.example.com' }],
    ['/api/conversations', 'GET', { host: 'rebound.example.com:8080' }],
    ['/', 'GET', { host: 'rebound.example.com' }],
    ['/api/message', 'OPTIONS', { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' }],
  ])('cannot call %s by %s with %j', async (path, method, headers) => {
    expect(await called(path, method, headers)).toBe(403);
  });

  test('can where allowed_origins says so, with a preflight', async () => {
    const headers = { origin: 'https://app.example.com' };
    const preflight = await fetch(`${it.url}/api/message`, { method: 'OPTIONS', headers });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, headers.origin]);
    expect(await called('/api/message', 'POST', { ...json, ...headers })).toBe(202);
  });
});

describe('the page and health', () => {
  test('the page comes with a policy that allows no inline script and no remote image', async () => {
    const page = await get('/');
    expect(page.headers.get('content-type')).toContain('text/html');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("img-src 'self' data:;");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|style="/);
    for (const [, path = ''] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const asset = await get(path);
      expect([path, asset.status]).toEqual([path, 200]);
      const again = await fetch(it.url + path, { headers: { 'if-none-match': asset.headers.get('etag') ?? '' } });
      expect(again.status).toBe(304);
    }
  });

  test.each(['/healthz', '/readyz', '/health'])('%s is 200', async (path) => {
    expect((await get(path)).status).toBe(200);
  });
});

test('calls of platforms that are not connected find nothing', async () => {
  for (const path of ['slack/main', 'telegram/main', 'constructor/main', 'http/main'])
    for (const method of ['GET', 'POST'])
      await expectError(await fetch(`${it.url}/channels/${path}`, { method }), 'route.not_found');
});

describe('/docs', () => {
  test('shows the API from this server alone', async () => {
    const page = await get('/docs');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const files = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files).toHaveLength(3);
    for (const file of files) expect((await get(file)).status, file).toBe(200);
    expect(await (await get('/docs/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' });
  });

  test('gives no other file', async () => {
    for (const file of ['package.json', '..%2fpackage.json', 'constructor', '__proto__'])
      await expectError(await get(`/docs/${file}`), 'route.not_found');
  });
});
