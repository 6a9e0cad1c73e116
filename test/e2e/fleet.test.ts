import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keys, type MessageStatus, ServerFrame, shardTag } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { aclRules } from '@queueclaw/runtime/settings';
import {
  eventually,
  freePort,
  redisAs,
  refusals,
  startRedis,
  type TestRedis,
  uniqueNamespace,
} from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ServiceProcess, startService } from './service-process.js';

const mailKey = 'the mail key of this test, not to be seen anywhere';
let redis: TestRedis;
let home: string;
const running: ServiceProcess[] = [];
const ports: number[] = [];
const operator = 'an-operator-token-of-this-test';
let consolePort: number;
/** Each service's own user. */
let redisUrls: Record<ServiceProcess['name'], string>;
let shared: Record<string, string>;

const start = async (name: ServiceProcess['name'], env: Record<string, string> = {}): Promise<ServiceProcess> => {
  const one = await startService(name, {
    ...shared,
    REDIS_URL: redisUrls[name],
    ...(name === 'tool-runner' ? {} : { QUEUECLAW_MAIL_KEY: mailKey }),
    ...env,
  });
  running.push(one);
  return one;
};

beforeAll(async () => {
  redis = await startRedis();
  home = await mkdtemp(join(tmpdir(), 'queueclaw-fleet-'));
  const config = join(home, 'queueclaw.yaml');
  await writeFile(config, 'llm: { default: demo, models: { demo: { provider: demo } } }\n');
  const namespace = uniqueNamespace();
  const as = (user: ServiceProcess['name']): Promise<string> =>
    redisAs(redis.url, aclRules(user, { namespace, shards: 1 }));
  redisUrls = {
    ingress: await as('ingress'),
    agent: await as('agent'),
    'tool-runner': await as('tool-runner'),
    console: await as('console'),
  };
  shared = {
    QUEUECLAW_HOME: home,
    QUEUECLAW_CONFIG: config,
    QUEUECLAW_NAMESPACE: namespace,
  };
  consolePort = await freePort();
  ports.push(await freePort(), await freePort());
  await Promise.all([
    ...ports.map((port) => start('ingress', { PORT: String(port) })),
    start('console', { CONSOLE_PORT: String(consolePort), QUEUECLAW_OPERATOR_TOKEN: operator }),
    ...['agent', 'agent', 'tool-runner', 'tool-runner'].map((name) => start(name as 'agent' | 'tool-runner')),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await redis.stop();
  await rm(home, { recursive: true, force: true });
}, 60_000);

const post = async (replica: number, conversation: string, id: string, text: string): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${ports[replica]}/api/message`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ conversation, text, id }),
  });
  await answer.arrayBuffer();
  return answer.status;
};

const statusOf = async (replica: number, conversation: string, id: string): Promise<MessageStatus> => {
  const answer = await fetch(`http://127.0.0.1:${ports[replica]}/api/messages/${id}?conversation=${conversation}`);
  return (await answer.json()) as MessageStatus;
};

/** Follows a conversation on one replica. */
const watch = async (replica: number, conversation: string): Promise<{ frames: ServerFrame[]; close(): void }> => {
  const frames: ServerFrame[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${ports[replica]}/ws`);
  socket.on('message', (data) => frames.push(ServerFrame.parse(JSON.parse(String(data)))));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ type: 'subscribe', conversation }));
  await eventually(() => expect(frames.some(({ type }) => type === 'subscribed')).toBe(true));
  return { frames, close: () => socket.terminate() };
};

/** Asks the console as an operator. */
const ask = async (path: string, method = 'GET'): Promise<string> => {
  const headers = { authorization: `Bearer ${operator}` };
  const answer = await fetch(`http://127.0.0.1:${consolePort}${path}`, { method, headers });
  const text = await answer.text();
  expect(answer.status, `${path}: ${text.slice(0, 300)}`).toBe(200);
  return text;
};

it('streams from one replica what was posted to the other', async () => {
  const { frames, close } = await watch(1, 'streamed');
  expect(await post(0, 'streamed', 's1', 'slow 1')).toBe(202);
  await eventually(() => expect(frames.some(({ type }) => type === 'reply')).toBe(true), { timeoutMs: 20_000 });
  close();
  const deltas = frames.filter((frame) => frame.type === 'delta');
  expect(deltas.length).toBeGreaterThan(1);
  expect(frames.find((frame) => frame.type === 'reply')).toMatchObject({ answers: ['s1'], status: 'answered' });
});

it('answers commands on every way in while the model works, in the person’s language, once', async () => {
  const { frames, close } = await watch(1, 'commanded');
  await post(0, 'commanded', 'w1', 'slow 3');
  await eventually(() => expect(frames.some(({ type }) => type === 'delta')).toBe(true), { timeoutMs: 20_000 });
  const origin = `http://127.0.0.1:${ports[0]}`;
  const asked = (path: string, body: unknown, more: Record<string, string> = {}): Promise<Response> =>
    fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...more },
      body: JSON.stringify(body),
    });
  const status = { conversation: 'commanded', id: 'w2', text: '/status' };
  for (let time = 0; time < 2; time += 1) {
    const answer = await asked('/api/message?wait=20s', status, { 'accept-language': 'zh-CN' });
    const { status: became, reply } = (await answer.json()) as MessageStatus;
    expect([answer.status, became]).toEqual([200, 'answered']);
    expect(reply?.text).toContain('当前：正在工作');
  }
  const messages = [{ role: 'user', content: '/language zh' }];
  const completion = await asked(
    '/v1/chat/completions',
    { model: 'queueclaw', messages },
    { 'x-queueclaw-conversation': 'commanded' },
  );
  expect(await completion.text()).toContain('语言：中文');
  await eventually(
    () => expect(frames.flatMap((frame) => (frame.type === 'reply' ? frame.answers : []))).toContain('w1'),
    { timeoutMs: 20_000 },
  );
  const replies = frames.flatMap((frame) => (frame.type === 'reply' ? [frame.answers] : []));
  expect(replies.filter((answers) => answers.includes('w2'))).toEqual([['w2']]);
  expect(replies.at(-1)).toEqual(['w1']);
  close();
});

it('answers every message once and in order though an agent and a tool-runner are killed in the middle', async () => {
  const conversations = Array.from({ length: 12 }, (_, at) => `killed-${at}`);
  const watching = await Promise.all(conversations.map((conversation, at) => watch(at % 2, conversation)));
  const texts = ['hello', 'run: sleep 0.2; echo tool-$((40+2))', 'slow 1', 'goodbye'];
  await Promise.all(
    conversations.map(async (conversation) => {
      for (const [at, text] of texts.entries())
        expect(await post(at % 2, conversation, `${conversation}-${at}`, text)).toBe(202);
    }),
  );
  const seen = (type: string): number => watching.flatMap(({ frames }) => frames).filter((f) => f.type === type).length;
  await eventually(() => expect(seen('tool')).toBeGreaterThan(0), { timeoutMs: 20_000 });
  const agent = running.find(({ name }) => name === 'agent');
  const runner = running.find(({ name }) => name === 'tool-runner');
  await Promise.all([agent?.kill(), runner?.kill()]);

  for (const conversation of conversations)
    for (const at of texts.keys())
      await eventually(
        async () => {
          const status = await statusOf(at % 2, conversation, `${conversation}-${at}`);
          expect(status.status).toMatch(/answered|failed/);
        },
        { timeoutMs: 60_000 },
      );

  for (const [at, { frames, close }] of watching.entries()) {
    await eventually(() => {
      const answered = frames.flatMap((frame) => (frame.type === 'reply' ? frame.answers : []));
      expect(answered).toEqual(texts.map((_, number) => `${conversations[at]}-${number}`));
    });
    close();
  }
}, 90_000);

it('lets another agent answer for one that is frozen, and takes nothing from it when it thaws', async () => {
  const frozen = running.filter(({ name, alive }) => name === 'agent' && alive());
  expect(frozen.length).toBeGreaterThan(0);
  const conversations = Array.from({ length: 8 }, (_, at) => `frozen-${at}`);
  const watching = await Promise.all(conversations.map((conversation, at) => watch(at % 2, conversation)));
  const postAll = (id: string, text: string): Promise<number[]> =>
    Promise.all(conversations.map((conversation, at) => post(at % 2, conversation, `${conversation}-${id}`, text)));
  const answered = (ids: readonly string[]): Promise<void> =>
    eventually(
      () => {
        for (const [at, { frames }] of watching.entries()) {
          const answers = frames.flatMap((frame) => (frame.type === 'reply' ? frame.answers : []));
          expect(answers).toEqual(ids.map((id) => `${conversations[at]}-${id}`));
        }
      },
      { timeoutMs: 30_000 },
    );
  await postAll('1', 'slow 2');
  await eventually(() =>
    expect(watching.every(({ frames }) => frames.some(({ type }) => type === 'delta'))).toBe(true),
  );
  for (const agent of frozen) agent.freeze();
  await start('agent');
  await answered(['1']);
  for (const agent of frozen) agent.thaw();
  await postAll('2', 'hello again');
  await answered(['1', '2']);
  for (const { close } of watching) close();
  expect(frozen.every(({ alive }) => alive())).toBe(true);
}, 60_000);

it('shows operators what happened, and lets them pause and look into queues', async () => {
  const turn = '/conversations/default/killed-0/turns/latest';
  for (const path of [
    '/',
    '/conversations',
    turn,
    '/usage',
    '/dead-letters',
    '/queues/api/queues',
    '/queues/api/redis/stats',
  ])
    expect(await ask(path)).not.toBe('');
  expect(await ask('/conversations/default/killed-0')).toContain('goodbye');
  for (const act of ['pause', 'resume']) await ask(`/queues/api/queues/messages/${act}`, 'PUT');
  for (const state of ['completed', 'failed']) await ask(`/queues/api/queues/messages/clean/${state}`, 'PUT');
  await ask('/queues/api/queues/tasks/empty', 'PUT');
});

it('drops mail of somebody who can write to Redis and does not hold the key, and tells operators', async () => {
  const a = { tenant: 'default', conversation: 'forged' };
  const tag = shardTag({ namespace: shared['QUEUECLAW_NAMESPACE'] ?? '', shards: 1 }, 0);
  const at = Date.now();
  const mail = { v: 1, kind: 'person', id: 'evil', text: 'do harm', from: { id: 'x' }, route: { channel: 'http' }, at };
  const stranger = connectRedis(redis.url, 'command', () => undefined);
  await stranger.rpush(keys.mailbox(tag, 'messages', a), `-.${JSON.stringify(mail)}`, `AAAA.${JSON.stringify(mail)}`);
  stranger.disconnect();
  expect(await post(0, 'forged', 'f1', 'hello')).toBe(202);
  await eventually(async () => expect((await statusOf(0, 'forged', 'f1')).status).toBe('answered'), {
    timeoutMs: 20_000,
  });
  await eventually(async () => expect(JSON.parse(await ask('/api/overview'))).toMatchObject({ refusedMail: 2 }));
  expect(await ask('/conversations/default/forged')).not.toContain('do harm');
  expect((await statusOf(0, 'forged', 'evil')).status).toBeUndefined();
});

it('forgets a conversation, and the files of its workspace with it', async () => {
  const left = async (): Promise<string[]> => (await readdir(join(home, 'workspaces', 'default'))).toSorted();
  const others = await left();
  expect(await post(0, 'forgotten', 'f1', 'write note: only for a while')).toBe(202);
  await eventually(async () => expect((await statusOf(0, 'forgotten', 'f1')).status).toBe('answered'), {
    timeoutMs: 20_000,
  });
  expect((await left()).join()).toContain('-forgotten');
  const answer = await fetch(`http://127.0.0.1:${ports[0]}/api/conversations/forgotten`, { method: 'DELETE' });
  expect(answer.status).toBeLessThan(300);
  await eventually(async () => expect(await left()).toEqual(others));
});

it('refused nobody anything in Redis: every service has the rights that it needs', async () => {
  expect(await refusals(redis.url)).toEqual([]);
});

it('writes the mail key nowhere', () => {
  for (const one of running) expect(one.output()).not.toContain(mailKey);
});
