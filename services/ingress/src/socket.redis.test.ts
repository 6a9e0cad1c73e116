import { once } from 'node:events';
import { connect } from 'node:net';
import { type ClientFrame, ServerFrame } from '@queueclaw/contracts';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

const acme = 'the-token-of-acme-0001';
const reader = 'the-token-of-a-reader-1';
let open: TestIngress;
let replica: TestIngress;
let guarded: TestIngress;
let serial = 0;
const clients: Client[] = [];

beforeAll(async () => {
  const redisUrl = await sharedRedis();
  const namespace = uniqueNamespace();
  open = await startTestIngress({ redisUrl, namespace });
  replica = await startTestIngress({ redisUrl, namespace });
  const tokens = [
    { token: acme, tenant: 'acme' },
    { token: reader, tenant: 'acme', scopes: ['read'] },
  ];
  guarded = await startTestIngress({
    ...{ redisUrl, namespace: uniqueNamespace(), socketTimes: { authMs: 150, pingMs: 40 } },
    config: { server: { tokens, sockets_per_token: 2 } },
  });
});
afterEach(() => clients.splice(0).forEach(({ socket }) => socket.terminate()));
afterAll(() => Promise.all([open.stop(), replica.stop(), guarded.stop()]));

type Client = {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[];
  send(frame: ClientFrame): void;
  /** The first frame of a type, now or later. */
  frame<T extends ServerFrame['type']>(type: T): Promise<Extract<ServerFrame, { type: T }>>;
  /** The close code, now or later. */
  readonly closed: Promise<number>;
};

const client = (to: TestIngress, path = '/ws', headers: Record<string, string> = {}): Client => {
  const socket = new WebSocket(to.url.replace('http', 'ws') + path, { headers });
  const frames: ServerFrame[] = [];
  socket.on('message', (data) => frames.push(ServerFrame.parse(JSON.parse((data as Buffer).toString()))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  const one: Client = {
    socket,
    frames,
    closed,
    send: (frame) => socket.send(JSON.stringify(frame)),
    frame: async (type) =>
      eventually(() => {
        const found = frames.find((frame) => frame.type === type);
        if (found === undefined) throw new Error(`no ${type} among ${JSON.stringify(frames)}`);
        return found as Extract<ServerFrame, { type: typeof type }>;
      }),
  };
  clients.push(one);
  return one;
};

const ready = async (to: TestIngress = open, path?: string): Promise<Client> => {
  const one = client(to, path);
  await one.frame('ready');
  return one;
};
const somewhere = (): string => `s${(serial += 1)}`;
const at = (conversation: string, tenant = 'default'): { tenant: string; conversation: string } => ({
  tenant,
  conversation,
});
const refusedWith = async (one: Client): Promise<number> => {
  const [, response] = (await once(one.socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number; resume(): void },
  ];
  response.resume();
  return response.statusCode;
};

describe('a conversation', () => {
  test('send is accepted, followed, streamed and answered', async () => {
    const conversation = somewhere();
    const one = await ready();
    one.send({ type: 'send', conversation, text: 'hi', id: 'm1' });
    expect(await one.frame('accepted')).toEqual({ type: 'accepted', conversation, id: 'm1' });
    const lease = await open.claim(at(conversation));
    await lease.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text: 'he' }]);
    const first = await one.frame('delta');
    expect(first).toMatchObject({ conversation, turn: 1, text: 'he', attempt: lease.epoch });
    expect(first).not.toHaveProperty('replace');
    await lease.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text: 'hell', replace: true }]);
    await eventually(() => expect(one.frames.at(-1)).toMatchObject({ type: 'delta', text: 'hell', replace: true }));
    await open.finish(at(conversation), lease, 'hello');
    expect(await one.frame('reply')).toMatchObject({
      conversation,
      text: 'hello',
      answers: ['m1'],
      status: 'answered',
    });
  });

  test.each([
    ['/ws', 'websocket'],
    ['/ws?client=terminal', 'terminal'],
    ['/ws?client=web', 'web'],
    ['/ws?client=telegram', 'websocket'],
  ])('what comes by %s is of channel %s', async (path, channel) => {
    const conversation = somewhere();
    const one = await ready(open, path);
    one.send({ type: 'send', conversation, text: 'hi' });
    await one.frame('accepted');
    const { mail } = (await open.claim(at(conversation))).inbox();
    expect(mail.map(({ route }) => route.channel)).toEqual([channel]);
  });

  test('a hundred messages of one socket are accepted in the order in which they were sent', async () => {
    const conversation = somewhere();
    const one = await ready();
    const texts = Array.from({ length: 100 }, (_, number) => `m${number}`);
    for (const text of texts) one.send({ type: 'send', conversation, text, id: text });
    await eventually(() => expect(one.frames.filter(({ type }) => type === 'accepted')).toHaveLength(100));
    const { mail } = (await open.claim(at(conversation))).inbox();
    expect(mail.map(({ text }) => text)).toEqual(texts);
    const last = one.frames.filter((frame) => frame.type === 'accepted').at(-1);
    expect(last?.position).toBe(99);
  });

  test('resumes after a cursor on another replica, without loss or repetition', async () => {
    const conversation = somewhere();
    const one = await ready();
    one.send({ type: 'send', conversation, text: 'hi', id: 'm1' });
    await one.frame('accepted');
    const lease = await open.claim(at(conversation));
    const write = (text: string): Promise<boolean> =>
      lease.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text }]);
    await write('one ');
    const { cursor } = await one.frame('delta');
    one.socket.terminate();
    await write('two ');
    const two = await ready(replica);
    two.send({ type: 'subscribe', conversation, cursor });
    await two.frame('subscribed');
    await write('three');
    await eventually(() => {
      const deltas = two.frames.filter((frame) => frame.type === 'delta');
      expect(deltas.map(({ text }) => text)).toEqual(['two ', 'three']);
    });
    expect(two.frames.some(({ type }) => type === 'gap')).toBe(false);
  });

  test('tells of a gap when the cursor is not known any more', async () => {
    const one = await ready();
    one.send({ type: 'subscribe', conversation: somewhere(), cursor: '1700000000000-5' });
    await one.frame('subscribed');
    expect(one.frames.map(({ type }) => type)).toEqual(['ready', 'gap', 'subscribed']);
  });

  test('the same message again is accepted once, and its reply told again', async () => {
    const conversation = somewhere();
    const one = await ready();
    one.send({ type: 'send', conversation, text: 'hi', id: 'm1' });
    await one.frame('accepted');
    await open.answer(at(conversation), 'once');
    await one.frame('reply');
    const two = await ready();
    two.send({ type: 'send', conversation, text: 'hi', id: 'm1' });
    expect(await two.frame('reply')).toMatchObject({ text: 'once', answers: ['m1'], id: 'r1' });
    two.send({ type: 'send', conversation, text: 'other', id: 'm1' });
    expect(await two.frame('error')).toMatchObject({ code: 'message.conflict', id: 'm1' });
  });

  test('stop becomes control mail', async () => {
    const conversation = somewhere();
    const one = await ready();
    one.send({ type: 'stop', conversation });
    await one.frame('accepted');
    expect((await open.claim(at(conversation))).inbox().control).toMatchObject([{ action: 'stop' }]);
  });
});

describe('bad frames', () => {
  test.each([
    ['{', 'request.malformed'],
    ['[]', 'request.invalid'],
    ['{"type":"send","conversation":"c"}', 'request.invalid'],
    ['{"type":"send","conversation":"a b","text":"x"}', 'conversation.invalid'],
    ['{"type":"send","conversation":"c","text":"x","tenant":"acme"}', 'request.invalid'],
    [`{"type":"send","conversation":"c","text":"${'x'.repeat(65_537)}"}`, 'request.text_too_long'],
    ['{"type":"subscribe","conversation":"c","cursor":"$"}', 'request.invalid'],
    ['{"type":"nonsense"}', 'request.invalid'],
    ['{"type":"approve","conversation":"c","approval":"a"}', 'request.invalid'],
    ['['.repeat(65) + ']'.repeat(65), 'request.malformed'],
  ])('%.60s is answered with %s, and the socket goes on', async (text, code) => {
    const one = await ready();
    one.socket.send(text);
    expect((await one.frame('error')).code).toBe(code);
    one.send({ type: 'subscribe', conversation: somewhere() });
    await one.frame('subscribed');
  });

  test('binary, invalid UTF-8 and frames over 512 KiB close the socket', async () => {
    const [binary, invalid, long] = await Promise.all([ready(), ready(), ready()]);
    binary.socket.send(Buffer.from('{}'));
    invalid.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    long.socket.send('x'.repeat(524_289));
    expect(await Promise.all([binary.closed, invalid.closed, long.closed])).toEqual([1003, 1007, 1009]);
  });

  test('a socket follows at most 200 conversations', async () => {
    const one = await ready();
    for (let number = 0; number <= 200; number += 1) one.send({ type: 'subscribe', conversation: `many-${number}` });
    expect((await one.frame('error')).message).toContain('200');
    expect(one.frames.filter(({ type }) => type === 'subscribed')).toHaveLength(200);
  });
});

describe('the door', () => {
  test.each([
    [{ origin: 'https://evil.example.com' }, '/ws', 403],
    [{ host: 'evil.example.com' }, '/ws', 403],
    [{}, '/elsewhere', 404],
    [{}, '/api/conversations', 200],
  ])('an upgrade with %j of %s gets no socket but %s', async (headers, path, status) => {
    expect(await refusedWith(client(open, path, headers))).toBe(status);
  });

  test('/ws without an upgrade is an error like any other', async () => {
    const answer = await fetch(`${open.url}/ws`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'request.unsupported' } }]);
  });

  test('the first frame brings the token, which decides the tenant', async () => {
    const one = client(guarded);
    await once(one.socket, 'open');
    one.send({ type: 'auth', token: acme });
    await one.frame('ready');
    one.send({ type: 'send', conversation: 'c', text: 'hi' });
    await one.frame('accepted');
    expect((await guarded.claim(at('c', 'acme'))).inbox().mail).toHaveLength(1);
    expect(await guarded.door.conversations.transcript(at('c'), { limit: 1 })).toBeUndefined();
  });

  test('a header may bring it instead; a wrong one gets no socket', async () => {
    await client(guarded, '/ws', { authorization: `Bearer ${acme}` }).frame('ready');
    expect(await refusedWith(client(guarded, '/ws', { authorization: 'Bearer wrong' }))).toBe(401);
  });

  test.each<[string, ClientFrame | undefined, string]>([
    ['a wrong token', { type: 'auth', token: 'wrong' }, 'auth.invalid'],
    ['another frame first', { type: 'subscribe', conversation: 'c' }, 'auth.required'],
    ['silence', undefined, 'auth.required'],
  ])('%s is told and closed', async (_name, frame, code) => {
    const one = client(guarded);
    await once(one.socket, 'open');
    if (frame !== undefined) one.send(frame);
    expect((await one.frame('error')).code).toBe(code);
    expect(await one.closed).toBe(1008);
  });

  test('a token without the scope may look and not write', async () => {
    const one = client(guarded, '/ws', { authorization: `Bearer ${reader}` });
    await one.frame('ready');
    one.send({ type: 'subscribe', conversation: 'c' });
    await one.frame('subscribed');
    one.send({ type: 'send', conversation: 'c', text: 'hi', id: 'm9' });
    expect(await one.frame('error')).toMatchObject({ code: 'auth.forbidden', id: 'm9' });
  });

  test('a token has a limited number of sockets, and gets a place back when one closes', async () => {
    const headers = { authorization: `Bearer ${acme}` };
    const [first, second] = [client(guarded, '/ws', headers), client(guarded, '/ws', headers)];
    await Promise.all([first.frame('ready'), second.frame('ready')]);
    const third = client(guarded, '/ws', headers);
    expect((await third.frame('error')).code).toBe('sockets.too_many');
    expect(await third.closed).toBe(1013);
    first.socket.close();
    await first.closed;
    await client(guarded, '/ws', headers).frame('ready');
  });

  test('a peer that does not answer pings is ended', async () => {
    const { port, host } = new URL(guarded.url);
    const socket = connect(Number(port), '127.0.0.1');
    const head = ['GET /ws HTTP/1.1', `host: ${host}`, `authorization: Bearer ${reader}`, 'connection: Upgrade'];
    const upgrade = ['upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='];
    socket.write(`${[...head, ...upgrade].join('\r\n')}\r\n\r\n`);
    socket.resume();
    await once(socket, 'close');
  });

  test('a client that does not read is cut off, and the server’s memory stays bounded', async () => {
    const conversation = somewhere();
    const one = await ready();
    one.send({ type: 'send', conversation, text: 'hi' });
    await one.frame('accepted');
    one.socket.pause();
    const lease = await open.claim(at(conversation));
    const text = 'x'.repeat(500_000);
    await eventually(
      async () => {
        await lease.renew();
        await lease.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text }]);
        expect(open.log.some((line) => line.includes('too slowly'))).toBe(true);
      },
      { timeoutMs: 15_000 },
    );
    one.socket.resume();
    expect(await one.closed).toBe(1006);
  });
});
