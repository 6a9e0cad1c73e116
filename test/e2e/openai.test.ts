import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, startRedis, type TestRedis, uniqueNamespace } from '@queueclaw/testing';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startService } from './service-process.js';

let redis: TestRedis;
let home: string;
let running: ServiceProcess[] = [];
let client: OpenAI;
let url: string;
const token = 'a-token-for-the-tests-of-this-file';

beforeAll(async () => {
  redis = await startRedis();
  home = await mkdtemp(join(tmpdir(), 'queueclaw-openai-'));
  const config = join(home, 'queueclaw.yaml');
  await writeFile(config, `llm: { default: demo, models: { demo: { provider: demo } } }\n`);
  const port = await freePort();
  const env = {
    ...{ REDIS_URL: redis.url, QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config, QUEUECLAW_NAMESPACE: uniqueNamespace() },
    ...{ PORT: String(port), QUEUECLAW_TOKEN: token, QUEUECLAW_MAIL_KEY: 'the mail key of this test, long enough' },
  };
  running = await Promise.all([startService('ingress', env), startService('agent', env)]);
  url = `http://127.0.0.1:${port}`;
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
}, 60_000);

afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await redis.stop();
  await rm(home, { recursive: true, force: true });
});

const user = (content: string): { role: 'user'; content: string } => ({ role: 'user', content });

it('answers the official client, whole and with usage', async () => {
  const answer = await client.chat.completions.create({ model: 'queueclaw', messages: [user('tell me more')] });
  expect(answer.choices[0]?.message.content).toContain('You wrote: tell me more');
  expect(answer.choices[0]?.finish_reason).toBe('stop');
  expect(answer.usage?.total_tokens).toBeGreaterThan(0);
});

it('streams to the official client what adds up to the answer', async () => {
  const stream = await client.chat.completions.create({
    ...{ model: 'queueclaw', messages: [user('slow 1')], stream: true },
    stream_options: { include_usage: true },
  });
  const pieces: string[] = [];
  let tokens = 0;
  for await (const chunk of stream) {
    const piece = chunk.choices[0]?.delta.content;
    if (piece) pieces.push(piece);
    tokens = chunk.usage?.total_tokens ?? tokens;
  }
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('').length).toBeGreaterThan(10);
  expect(tokens).toBeGreaterThan(0);
});

it('reads what the client says was said before, and forgets it all afterwards', async () => {
  const messages = [
    user('my cat is called Mia'),
    { role: 'assistant' as const, content: 'Nice.' },
    user('what did I say?'),
  ];
  const answer = await client.chat.completions.create({ model: 'queueclaw', messages });
  expect(answer.choices[0]?.message.content).toContain('my cat is called Mia');
  await eventually(async () => {
    const list = await fetch(`${url}/api/conversations`, { headers: { authorization: `Bearer ${token}` } });
    expect(await list.json()).toEqual({ conversations: [] });
  });
});

it('keeps the transcript itself when told which conversation it is', async () => {
  const options = { headers: { 'X-QueueClaw-Conversation': 'kept' } };
  await client.chat.completions.create({ model: 'queueclaw', messages: [user('my dog is called Bo')] }, options);
  const answer = await client.chat.completions.create(
    { model: 'queueclaw', messages: [user('what did I say?')] },
    options,
  );
  expect(answer.choices[0]?.message.content).toContain('my dog is called Bo');
});

it('lists a model, and refuses tools of the client, unknown tokens and a failed turn with clear errors', async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['queueclaw']);
  const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }];
  await expect(client.chat.completions.create({ model: 'x', messages: [user('hi')], tools })).rejects.toMatchObject({
    ...{ status: 400, code: 'request.unsupported' },
  });
  const stranger = client.withOptions({ apiKey: 'nobody-knows-this-token' });
  await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'auth.invalid' });
  const failing = client.chat.completions.create({ model: 'x', messages: [user('fail')] });
  await expect(failing).rejects.toMatchObject({ status: expect.any(Number) as number });
});
