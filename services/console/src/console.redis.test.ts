import { type ActorAddress, keys, type PersonMail, type Task, type TranscriptEntry } from '@queueclaw/contracts';
import { holdAlone } from '@queueclaw/mailbox';
import { produce, tasksQueue } from '@queueclaw/queues';
import { registerSecret } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { LightMyRequestResponse as Response } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';

const token = 'an-operator-token-for-tests';
const headers = { host: 'localhost:3080', authorization: `Bearer ${token}` };
const hostile = `<script>alert(1)</script> "'><img src=x onerror=alert(2)> </pre></li> &amp;`;

type Page = { conversations: { conversation: string }[]; next?: number };

let subject: TestConsole;

beforeEach(async () => {
  const options = { redisUrl: await sharedRedis(), namespace: uniqueNamespace(), shards: 2 };
  subject = await startTestConsole({ ...options, console: { operators: [{ token, name: 'Grace' }] } });
});
afterEach(() => subject.stop());

const get = async (url: string): Promise<string> => {
  const reply = await subject.inject({ url, headers });
  expect(reply.statusCode, url).toBe(200);
  return reply.body;
};
const read = async <T>(url: string): Promise<T> => JSON.parse(await get(url)) as T;
const address = (conversation: string): ActorAddress => ({ tenant: 'default', conversation });

describe('Bull Board', () => {
  const ticket = 'ticket-ticket-ticket';
  const task: Task = {
    ...{
      v: 1,
      tenant: 'default',
      conversation: 'c1',
      call: '1.1.1',
      tool: 'shell',
      args: { command: 'cat diary' },
      ticket,
    },
    ...{ deadlineAt: 9, policy: { enableDangerous: false }, at: 7 },
  };

  it('shows every queue of every shard', async () => {
    const { queues } = await read<{ queues: { name: string }[] }>('/queues/api/queues');
    expect(queues.map(({ name }) => name)).toEqual(
      ['messages', 'tasks', 'replies', 'schedules'].flatMap((name) => [`0.${name}`, `1.${name}`]),
    );
  });

  it('shows ids, names, counts and times of a task, never its arguments and ticket', async () => {
    const { shards } = subject.door.mailbox;
    const shard = shards.of(task);
    const producer = produce(tasksQueue, shard.tag, shard.redis);
    await producer.add(task, { id: 't/default/c1/1.1.1' });
    await producer.close();
    const name = `${shard.index}.tasks`;
    const job = `/queues/api/queues/${name}/${encodeURIComponent('t/default/c1/1.1.1')}`;
    for (const url of [
      `/queues/api/queues?activeQueue=${name}&status=waiting&page=1`,
      job,
      `${job}/flow`,
      `${job}/logs`,
    ]) {
      const text = await get(url);
      expect(text).not.toContain('diary');
      expect(text).not.toContain(ticket);
    }
    const { job: shown } = await read<{ job: { data: unknown } }>(job);
    const { args: _args, ticket: _ticket, policy: _policy, ...visible } = task;
    expect(shown.data).toEqual({ ...visible, hidden: ['args', 'ticket', 'policy'] });
  });

  it('brings its own pages and scripts, and nothing from other sites', async () => {
    const reply = await subject.inject({ url: '/queues', headers });
    expect(reply.body).toContain('<base href="/queues/"');
    expect(reply.body).not.toContain('googleapis');
    expect(reply.headers['content-security-policy']).toContain("script-src 'self';");
    const script = /static\/js\/main\.[\w.]+/.exec(reply.body)?.[0] ?? '';
    expect((await subject.inject({ url: `/queues/${script}`, headers })).statusCode).toBe(200);
  });
});

describe('conversations', () => {
  const base = { v: 1 as const, turn: 1, at: 1_700_000_000_000 };
  const entries: TranscriptEntry[] = [
    {
      ...base,
      role: 'assistant',
      text: '',
      calls: [{ call: '1.1.1', name: 'shell', args: { command: hostile } }],
      model: hostile,
    },
    { ...base, role: 'tool', call: '1.1.1', name: hostile, ok: false, text: hostile, code: 'tool.timeout', ms: 61_000 },
    { ...base, role: 'assistant', text: hostile, usage: { inputTokens: 12_345, outputTokens: 6 } },
  ];

  it('are listed by tenant, newest first, a page at a time', async () => {
    for (const [at, id] of ['c1', 'c2', 'c3'].entries()) {
      await subject.turn(address(id), 'hello');
      const { tag, redis } = subject.door.mailbox.shards.of(address(id));
      await redis.zadd(keys.conversations(tag, 'default'), Date.now() - 9_000 + at, id);
    }
    await subject.turn({ tenant: 'acme', conversation: 'theirs' }, 'hello');
    const ids = (list: unknown): string[] =>
      (list as { conversation: string }[]).map(({ conversation }) => conversation);
    const { conversations, next } = await read<Page>('/api/conversations?limit=2');
    const { conversations: rest } = await read<Page>(`/api/conversations?limit=2&before=${next}`);
    expect([ids(conversations), ids(rest)]).toEqual([['c3', 'c2'], ['c1']]);
    expect(ids((await read<Page>('/api/conversations?tenant=acme')).conversations)).toEqual(['theirs']);
    expect(await get('/conversations?tenant=acme')).toContain('href="/conversations/acme/theirs"');
  });

  it('whatever somebody wrote, or a tool or model answered, stays text', async () => {
    await subject.turn(address('c1'), hostile, entries);
    const page = await get('/conversations/default/c1');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toMatch(/<script|<img|onerror=alert\(2\)>/);
    expect(page.match(/<li class="/g)).toHaveLength(4);
  });

  it('show tool calls with their outcome, duration and usage', async () => {
    await subject.turn(address('c1'), 'hello', entries);
    const page = await get('/conversations/default/c1');
    for (const fact of ['failed', '61.0 s', 'tool.timeout', '1.1.1', '12\u202f345 tokens in', '2023-11-14 22:13:20'])
      expect(page).toContain(fact);
    const { entries: same } = await read<{ entries: TranscriptEntry[] }>('/api/conversations/default/c1');
    expect(same.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });

  it('are paged back to their first entry', async () => {
    await subject.turn(address('c1'), 'the very first', entries);
    const last = await get('/conversations/default/c1?limit=2');
    expect(last).not.toContain('the very first');
    const earlier = /href="([^"]+before=\d+)"/.exec(last)?.[1] ?? '';
    expect(await get(earlier)).toContain('the very first');
  });

  it('do not show a secret of the configuration that somebody wrote into one', async () => {
    registerSecret('sk-configured-secret');
    await subject.turn(address('c1'), 'my key is sk-configured-secret, keep it');
    for (const url of ['/conversations/default/c1', '/api/conversations/default/c1'])
      expect(await get(url)).toContain('my key is [secret], keep it');
  });

  it.each([
    ['/api/conversations/default/nobody', 404, 'conversation.not_found'],
    ['/api/conversations/default/a%20b', 422, 'conversation.invalid'],
    ['/api/conversations/..%2f/c1', 422, 'request.invalid'],
    ['/api/conversations?tenant=%3Cb%3E', 422, 'request.invalid'],
    ['/api/conversations?limit=100000', 422, 'request.invalid'],
    ['/api/nothing', 404, 'route.not_found'],
  ])('answers %s with %i %s', async (url, status, code) => {
    const reply = await subject.inject({ url, headers });
    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toMatchObject({ error: { code } });
  });

  it('what is wrong in an address stays text on the error page', async () => {
    const reply = await subject.inject({
      url: `/nothing?${encodeURIComponent(hostile)}`,
      headers: { ...headers, accept: 'text/html' },
    });
    expect(reply.statusCode).toBe(404);
    expect(reply.body).not.toMatch(/<script|<img/);
  });
});

describe('dead letters', () => {
  const a = address('c1');
  const mail: PersonMail = {
    ...{ v: 1, kind: 'person', id: 'm1', text: hostile, from: { id: 'ada' }, route: { channel: 'http' }, at: 1 },
  };
  const die = async (): Promise<string> => {
    const { tag, redis } = subject.door.mailbox.shards.of(a);
    const entry = { v: 1, kind: 'messages', ...a, ids: ['m1'], tries: 6, why: 'tries', mail: [mail], at: Date.now() };
    await redis.rpush(keys.dead(tag), JSON.stringify(entry));
    return listed().then((list) => list[0]?.id ?? '');
  };
  const listed = async (): Promise<{ id: string }[]> =>
    (await read<{ deadLetters: { id: string }[] }>('/api/dead-letters')).deadLetters;
  const act = async (url: string): Promise<Response> => subject.inject({ method: 'POST', url, headers });

  it('are listed with what happened, and with text that stays text', async () => {
    const id = await die();
    const page = await get('/dead-letters');
    expect(page).toContain(`action="/dead-letters/${id}/retry"`);
    expect(page).toContain('6 tries');
    expect(page).not.toMatch(/<script|<img/);
    expect(await get('/')).toMatch(/<b class="bad">1<\/b><span\s*>dead letters/);
  });

  it('tried again: the message is in its mailbox once more and off the list', async () => {
    const id = await die();
    const reply = await act(`/api/dead-letters/${id}/retry`);
    expect(reply.json()).toEqual({ id, retried: 1 });
    const lease = await subject.door.mailbox.claim(a);
    expect(typeof lease === 'string' ? lease : lease.inbox().mail[0]).toMatchObject({ text: hostile });
    expect(await listed()).toEqual([]);
    expect((await act(`/api/dead-letters/${id}/retry`)).json()).toMatchObject({
      error: { code: 'dead_letter.not_found' },
    });
  });

  it('dropped: gone, and nothing was put in', async () => {
    const id = await die();
    const reply = await act(`/dead-letters/${id}/drop`);
    expect(reply.headers.location).toBe('/dead-letters?done=drop');
    expect(await get('/dead-letters?done=drop')).toContain('It was dropped.');
    expect(await subject.door.mailbox.claim(a)).toBe('empty');
    expect(await listed()).toEqual([]);
  });

  it('who only looks sees no buttons', async () => {
    const open = await startTestConsole({
      redisUrl: await sharedRedis(),
      namespace: subject.door.space.namespace,
      shards: 2,
    });
    await die();
    const page = await open.inject({ url: '/dead-letters', headers: { host: 'localhost' } });
    expect(page.body).toContain('6 tries');
    expect(page.body).not.toContain('/retry"');
    await open.stop();
  });
});

it('its own pages run no script and are framed by nobody', async () => {
  for (const url of ['/', '/conversations', '/pairing', '/dead-letters', '/login']) {
    const reply = await subject.inject({ url, headers });
    const policy = String(reply.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('script-src');
    expect(reply.body).not.toContain('<script');
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  }
});

describe('messaging apps', () => {
  it('tells which replica holds which connection, and what is wrong there', async () => {
    const namespace = uniqueNamespace();
    const pigeon = '<b>pigeon';
    const channels = [{ name: pigeon }, { name: 'telegram', account: 'second', enable: false, tenant: 'acme' }];
    const open = await startTestConsole({ redisUrl: await sharedRedis(), namespace, channels });
    const lease = {
      shards: open.door.mailbox.shards,
      name: `${pigeon}/main`,
      token: 't',
      who: 'replica-2/17',
      everyMs: 5,
    };
    const untilAborted = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    const holder = holdAlone({ ...lease, trouble: () => 'it is <i>away', onError: () => undefined }, untilAborted);
    const local = { host: 'localhost' };
    const ask = async (url: string): Promise<string> => (await open.inject({ url, headers: local })).body;
    await eventually(async () =>
      expect(JSON.parse(await ask('/api/channels'))).toEqual({
        channels: [
          {
            ...{ channel: pigeon, account: 'main', tenant: 'default', enabled: true },
            holder: { who: 'replica-2/17', since: expect.any(Number), trouble: 'it is <i>away' },
          },
          { channel: 'telegram', account: 'second', tenant: 'acme', enabled: false },
        ],
      }),
    );
    const page = await ask('/channels');
    for (const words of ['replica-2/17', 'it is &lt;i&gt;away', '&lt;b&gt;pigeon/main', 'telegram/second', 'nobody'])
      expect(page).toContain(words);
    await holder.stop();
    await open.stop();
  });
});
