import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { LightMyRequestResponse as Response } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';

const token = 'an-operator-token-for-tests';
const operators = [{ token, name: 'Grace' }];
const bearer = { authorization: `Bearer ${token}` };
const local = { host: 'localhost:3080' };
const page = { ...local, accept: 'text/html' };
const looks = ['/', '/queues', '/queues/api/queues', '/api/overview'];
const people = [
  '/conversations',
  '/conversations/default/c1',
  '/dead-letters',
  '/pairing',
  '/api/pairings',
  '/schedules',
  '/approvals',
  '/api/approvals',
  '/api/schedules',
  '/memories',
  '/api/memories?conversation=c1',
  '/api/conversations',
  '/api/dead-letters',
];
const acts = [
  ['PUT', '/queues/api/queues/messages/pause'],
  ['PUT', '/queues/api/queues/pause'],
  ['POST', '/queues/api/queues/tasks/add'],
  ['POST', '/api/dead-letters/x/retry'],
  ['POST', '/dead-letters/x/drop'],
  ['POST', '/pairing/approve?code=X'],
  ['POST', '/schedules/delete?id=abcdef'],
  ['POST', '/approvals/approve?approval=0123456789'],
  ['POST', '/api/approvals/always?approval=0123456789'],
  ['POST', '/api/memories/delete?conversation=c1&id=abcdef'],
  ['POST', '/api/pairings/revoke?account=telegram/main&person=7'],
  ['DELETE', '/'],
  ['POST', '/login'],
] as const;

let open: TestConsole;
let guarded: TestConsole;

beforeAll(async () => {
  const redisUrl = await sharedRedis();
  open = await startTestConsole({ redisUrl, namespace: uniqueNamespace() });
  guarded = await startTestConsole({ redisUrl, namespace: uniqueNamespace(), console: { operators } });
  for (const one of [open, guarded]) await one.turn({ tenant: 'default', conversation: 'c1' }, 'hello');
});
afterAll(async () => {
  await open.stop();
  await guarded.stop();
});

describe('without operators', () => {
  it.each([...looks, ...people])('this machine may look at %s', async (url) => {
    expect((await open.inject({ url, headers: local })).statusCode).toBe(200);
  });

  it.each(looks)('no other machine may look at %s, nor may a proxy', async (url) => {
    const remote = await open.inject({ url, headers: local, remoteAddress: '10.1.2.3' });
    const proxied = await open.inject({ url, headers: { ...local, 'x-forwarded-for': '10.1.2.3' } });
    for (const reply of [remote, proxied]) {
      expect(reply.statusCode).toBe(403);
      expect(reply.json()).toMatchObject({ error: { code: 'auth.forbidden' } });
    }
  });

  it.each(acts)('nobody may %s %s', async (method, url) => {
    const reply = await open.inject({ method, url, headers: { ...local, ...bearer } });
    expect(reply.statusCode).toBe(403);
    expect(reply.json()).toMatchObject({ error: { code: 'auth.forbidden' } });
  });

  it.each(['evil.example.com', 'localhost.evil.com:3080', '10.0.0.1'])('is not called %s', async (host) => {
    const reply = await open.inject({ url: '/', headers: { host } });
    expect(reply.statusCode).toBe(403);
    expect(reply.json()).toMatchObject({ error: { code: 'request.origin' } });
  });
});

describe('with operators', () => {
  it.each(looks)('this machine may still look at %s', async (url) => {
    expect((await guarded.inject({ url, headers: local })).statusCode).toBe(200);
  });

  it.each(people)('%s is for operators', async (url) => {
    const stranger = await guarded.inject({ url, headers: local });
    expect(stranger.statusCode).toBe(401);
    expect(stranger.json()).toMatchObject({ error: { code: 'auth.required' } });
    expect((await guarded.inject({ url, headers: { ...local, ...bearer } })).statusCode).toBe(200);
  });

  it.each(looks)('by another name, %s is for operators', async (url) => {
    const headers = { host: 'console.example.com' };
    expect((await guarded.inject({ url, headers })).statusCode).toBe(401);
    expect((await guarded.inject({ url, headers: { ...headers, ...bearer } })).statusCode).toBe(200);
  });

  it.each(acts.slice(0, -1))('%s %s needs the token', async (method, url) => {
    const stranger = await guarded.inject({ method, url, headers: local });
    expect(stranger.json()).toMatchObject({ error: { code: 'auth.required' } });
    const wrong = await guarded.inject({
      method,
      url,
      headers: { ...local, authorization: 'Bearer not-the-token-at-all' },
    });
    expect(wrong.json()).toMatchObject({ error: { code: 'auth.invalid' } });
  });

  it('an operator may pause a queue and let it go on', async () => {
    for (const act of ['pause', 'resume']) {
      const url = `/queues/api/queues/messages/${act}`;
      const reply = await guarded.inject({ method: 'PUT', url, headers: { ...local, ...bearer } });
      expect(reply.statusCode).toBe(200);
      const { queues } = (await guarded.inject({ url: '/queues/api/queues', headers: local })).json();
      expect(queues[0]).toMatchObject({ name: 'messages', isPaused: act === 'pause' });
    }
  });

  it.each([
    ['POST', '/queues/api/queues/tasks/add'],
    ['PATCH', '/queues/api/queues/tasks/x/update-data'],
    ['PUT', '/queues/api/queues/tasks/obliterate'],
    ['PUT', '/queues/api/queues/tasks/retry/completed'],
  ] as const)('not even an operator may %s %s', async (method, url) => {
    const headers = { ...local, ...bearer, 'content-type': 'application/json' };
    const body = { name: 'tasks', data: { tool: 'shell' }, options: {}, jobData: {} };
    expect((await guarded.inject({ method, url, headers, body })).statusCode).toBe(403);
  });
});

describe('the login', () => {
  const login = async (headers: object, secret = token, next = '/conversations'): Promise<Response> =>
    guarded.inject({
      ...{ method: 'POST', url: '/login', body: new URLSearchParams({ token: secret, next }).toString() },
      headers: {
        ...page,
        origin: 'http://localhost:3080',
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
    });
  const session = async (): Promise<string> => String((await login({})).headers['set-cookie']).split(';')[0] ?? '';

  it('sends a browser to the form, and from there to where it wanted to go', async () => {
    const sent = await guarded.inject({ url: '/conversations?tenant=default', headers: page });
    expect(sent.statusCode).toBe(303);
    expect(sent.headers.location).toBe('/login?next=%2Fconversations%3Ftenant%3Ddefault');
    const form = await guarded.inject({ url: String(sent.headers.location), headers: page });
    expect(form.body).toContain('name="next" value="/conversations?tenant=default"');
    expect((await login({}, token, '/conversations?tenant=default')).headers.location).toBe(
      '/conversations?tenant=default',
    );
  });

  it('gives a cookie that no script and no other site can use, and that does not contain the token', async () => {
    const cookie = String((await login({})).headers['set-cookie']);
    expect(cookie).toMatch(/^queueclaw_operator=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(cookie).not.toContain(token);
    expect((await login({ 'x-forwarded-proto': 'https' })).headers['set-cookie']).toMatch(/; Secure$/);
    const reply = await guarded.inject({ url: '/conversations', headers: { ...page, cookie: await session() } });
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toContain('Grace');
  });

  it('refuses a wrong token, and a session that was made up or changed', async () => {
    const wrong = await login({}, 'not-the-token-at-all');
    expect(wrong.statusCode).toBe(401);
    expect(wrong.headers['set-cookie']).toBeUndefined();
    const cookie = await session();
    const [id, expires, signature] = cookie.split('.');
    for (const forged of [
      `${id}.${Number(expires) + 1}.${signature}`,
      `${id}.${expires}.`,
      `${id}.${expires}.AAAA`,
      `${cookie}.x`,
    ])
      expect(
        (await guarded.inject({ url: '/api/conversations', headers: { ...local, cookie: forged } })).statusCode,
      ).toBe(401);
  });

  it.each(['https://evil.example.com', '//evil.example.com', '/\\evil.example.com', 'javascript:alert(1)', '/a"b'])(
    'does not send anybody to %s',
    async (next) => expect((await login({}, token, next)).headers.location).toBe('/'),
  );

  it('an act under the cookie must come from a page of the console', async () => {
    const cookie = await session();
    const act = async (headers: object): Promise<string> => {
      const url = '/api/dead-letters/x/drop';
      const reply = await guarded.inject({ method: 'POST', url, headers: { ...local, cookie, ...headers } });
      return reply.json<{ error: { code: string } }>().error.code;
    };
    expect(await act({ origin: 'http://localhost:3080' })).toBe('dead_letter.not_found');
    for (const origin of ['http://localhost:8080', 'https://evil.example.com', 'null'])
      expect(await act({ origin })).toBe('request.origin');
    expect(await act({})).toBe('request.origin');
  });

  it('the log names who acted, and tells no token', async () => {
    await guarded.inject({ method: 'PUT', url: '/queues/api/queues/tasks/resume', headers: { ...local, ...bearer } });
    const text = guarded.log.join('\n');
    expect(text).toContain('Grace');
    expect(text).not.toContain(token);
  });

  it('logging out ends the session in the browser', async () => {
    const headers = { ...local, origin: 'http://localhost:3080', cookie: await session() };
    const reply = await guarded.inject({ method: 'POST', url: '/logout', headers });
    expect(reply.headers['set-cookie']).toContain('Max-Age=0');
  });
});

test('a console that others can reach is not opened without operators, and the error names the line to add', async () => {
  const options = { redisUrl: await sharedRedis(), namespace: uniqueNamespace(), console: { host: '0.0.0.0' } };
  await expect(startTestConsole(options)).rejects.toMatchObject({
    code: 'config.invalid',
    publicMessage: expect.stringContaining('operators: [{ name: admin, token: "${QUEUECLAW_OPERATOR_TOKEN}" }]'),
  });
});

test('beyond loopback everything but the login needs the token, also from this machine', async () => {
  const redisUrl = await sharedRedis();
  const far = await startTestConsole({
    redisUrl,
    namespace: uniqueNamespace(),
    console: { host: '0.0.0.0', operators },
  });
  for (const url of [...looks, ...people]) {
    expect((await far.inject({ url, headers: local })).statusCode, url).toBe(401);
    expect((await far.inject({ url: '/', headers: { ...local, ...bearer } })).statusCode).toBe(200);
  }
  for (const url of ['/healthz', '/login', '/console.css']) expect((await far.inject({ url })).statusCode).toBe(200);
  await far.stop();
});

test('before Redis has answered it says that it is alive, and 503 to the rest', async () => {
  const redisUrl = await sharedRedis();
  const early = await startTestConsole({ redisUrl, namespace: uniqueNamespace(), start: false });
  expect((await early.inject({ url: '/healthz', headers: local })).statusCode).toBe(200);
  const reply = await early.inject({ url: '/', headers: local });
  expect(reply.statusCode).toBe(503);
  expect(reply.json()).toMatchObject({ error: { code: 'system.unavailable' } });
  await early.stop();
});
