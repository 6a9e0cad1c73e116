import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dayAt, usageOf } from '@queueclaw/budgets';
import { type ActorAddress, keys, LiveEvent } from '@queueclaw/contracts';
import { readLive } from '@queueclaw/mailbox';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, expect, it } from 'vitest';
import { nothing, type TestAgents, testAgents } from './agent-fixture.js';

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
let cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  cleanUps = [];
});

type Vendor = { readonly url: string; readonly bodies: readonly string[] };
type Behaviour = (response: ServerResponse, body: string, at: number) => void | Promise<void>;

/** A vendor's server on loopback, as the real SDK sees it. */
const vendor = async (behave: Behaviour): Promise<Vendor> => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    await behave(response, body, bodies.push(body) - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, bodies };
};

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ model: 'm-1', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10}}\n\n';
const begin = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });
const says = (response: ServerResponse, ...pieces: string[]): void =>
  void begin(response).end(
    `${pieces.map((content) => chunk({ content })).join('')}${chunk({}, 'stop')}${usage}data: [DONE]\n\n`,
  );
const calls = (response: ServerResponse, name: string): void =>
  void begin(response).end(
    `${chunk({ tool_calls: [{ index: 0, id: 'x', function: { name, arguments: '{}' } }] })}${chunk({}, 'tool_calls')}${usage}data: [DONE]\n\n`,
  );

const open = async (llm: Record<string, unknown>, replicas = 1, limits = {}): Promise<TestAgents> => {
  const agents = await testAgents({
    ...{ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), configured: true },
    answer: () => ({}),
    config: { llm, limits },
  });
  cleanUps.push(() => agents.close());
  for (let count = 0; count < replicas; count += 1) await agents.start();
  return agents;
};
const model = ({ url }: Vendor): Record<string, unknown> => ({ provider: 'openai', model: 'm', base_url: url });
const deltas = async ({ door }: TestAgents): Promise<LiveEvent[]> => {
  const { entries } = await readLive(door.mailbox.shards.of(a), a, '0-0');
  return entries
    .map((entry) => entry.split('\n'))
    .flatMap(([, kind, json = '']) => (kind === 'e' ? [LiveEvent.parse(JSON.parse(json))] : []))
    .filter(({ type }) => type === 'delta');
};

it('never asks again for an answer that is committed, when the agent loses the turn right after it', async () => {
  const gate = Promise.withResolvers<void>();
  const isSecond = (body: string): boolean => body.includes('There is no tool of this name');
  const server = await vendor(async (response, body, at) => {
    // The first answer is followed by another request under the same lease: its checkpoint is all that remains of it.
    if (!isSecond(body)) return calls(response, 'no_such_tool');
    if (at === 1) await gate.promise;
    says(response, 'done');
  });
  const agents = await open({ models: { it: model(server) } }, 2);
  await agents.say(a, 'm1');
  await eventually(() => expect(server.bodies).toHaveLength(2));
  // As if the agent had died: its lease runs out, another one takes the turn.
  const { redis, tag } = agents.door.mailbox.shards.of(a);
  const st = keys.state(tag, 'messages', a);
  const epoch = await redis.hget(st, 'epoch');
  await eventually(async () => {
    if ((await redis.hget(st, 'epoch')) === epoch) {
      await redis.hset(st, 'lease', '1');
      await redis.zadd(keys.due(tag, 'messages'), 1, `${a.tenant}/${a.conversation}`);
    }
    expect(server.bodies.length).toBeGreaterThan(2);
  });
  gate.resolve();
  expect(await agents.ended(a, 'm1')).toMatchObject({ status: 'answered', reply: { text: 'done' } });
  expect(server.bodies.filter((body) => !isSecond(body))).toHaveLength(1);
  expect(await agents.replies(a)).toHaveLength(1);
  await eventually(async () => expect(await agents.leftovers(a)).toEqual(nothing));
});

it('takes back what a broken stream had said, and counts what it cost', async () => {
  const shown = Promise.withResolvers<void>();
  const broken = await vendor(async (response) => {
    begin(response).write(`${chunk({ content: 'Half an ans' })}${usage}`);
    await shown.promise;
    response.destroy();
  });
  const whole = await vendor(async (response) => {
    begin(response).write(chunk({ content: 'A whole ' }));
    await eventually(async () => expect((await deltas(agents)).length).toBeGreaterThan(1));
    response.end(`${chunk({ content: 'one.' })}${chunk({}, 'stop')}${usage}data: [DONE]\n\n`);
  });
  const agents = await open({
    models: { it: model(broken), other: model(whole) },
    fallbacks: ['other'],
    prices: { it: { input: 1, output: 100 }, other: { input: 10, output: 1_000 } },
  });
  await agents.say(a, 'm1');
  await eventually(async () => expect(await deltas(agents)).toMatchObject([{ text: 'Half an ans' }]));
  shown.resolve();
  const { reply, usage: spent } = await agents.ended(a, 'm1');
  expect(reply?.text).toBe('A whole one.');
  expect(spent).toEqual({ inputTokens: 200, outputTokens: 20, costMicros: 100 + 1_000 + 1_000 + 10_000 });
  const [first, second] = await deltas(agents);
  expect(first).not.toHaveProperty('replace');
  expect(second).toMatchObject({ text: 'A whole ', replace: true, attempt: 1, step: 1 });
});

it('asks no further model when the one before has used up the budget, and counts what each of them cost', async () => {
  const used = 'data: {"choices":[],"usage":{"prompt_tokens":6000,"completion_tokens":10}}\n\n';
  const breaks: Behaviour = (response) =>
    void begin(response).write(`${chunk({ content: 'Half an ans' })}${used}`, () => response.destroy());
  const [first, second, third] = [await vendor(breaks), await vendor(breaks), await vendor((to) => says(to, 'Hi.'))];
  const agents = await open(
    { models: { it: model(first), second: model(second), third: model(third) }, fallbacks: ['second', 'third'] },
    1,
    { budgets: { person: { tokens: 13_000 } } },
  );
  await agents.say(a, 'm1');
  expect(await agents.ended(a, 'm1')).toMatchObject({ status: 'failed', error: { code: 'budget.exceeded' } });
  expect([first, second, third].map(({ bodies }) => bodies.length)).toEqual([1, 1, 0]);
  const { door } = agents;
  await eventually(async () => {
    const { total } = await usageOf(door.redis, door.space, { tenant: 'default', day: dayAt(Date.now()).name });
    expect(total).toMatchObject({ requests: 2, inputTokens: 12_000, outputTokens: 20 });
  });
  expect(await agents.leftovers(a)).toEqual(nothing);
});

it('takes back what was said when the same agent asks again, because somebody cried wolf', async () => {
  const seen = Promise.withResolvers<void>();
  const server = await vendor(async (response, _body, at) => {
    begin(response).write(chunk({ content: at === 0 ? 'Half an ans' : 'A whole ' }));
    if (at === 0) return;
    await seen.promise;
    response.end(`${chunk({ content: 'one.' })}${chunk({}, 'stop')}${usage}data: [DONE]\n\n`);
  });
  const agents = await open({ models: { it: model(server) } });
  await agents.say(a, 'm1');
  await eventually(async () => expect(await deltas(agents)).toMatchObject([{ text: 'Half an ans' }]));
  const { redis, tag } = agents.door.mailbox.shards.of(a);
  await redis.publish(keys.controlChannel(tag), JSON.stringify({ type: 'control', ...a }));
  await eventually(async () => expect((await deltas(agents))[1]).toMatchObject({ text: 'A whole ', replace: true }));
  seen.resolve();
  expect((await agents.ended(a, 'm1')).reply?.text).toBe('A whole one.');
  expect(server.bodies).toHaveLength(2);
});

it('leaves a vendor alone in all agents when one of them was told to', async () => {
  const server = await vendor((response) => void response.writeHead(429, { 'retry-after': '30' }).end('{}'));
  const agents = await open({ models: { it: model(server) }, timeouts: { total: '10s' } }, 2);
  for (const conversation of ['c1', 'c2', 'c3', 'c4']) {
    await agents.say({ ...a, conversation }, 'm1');
    const { status, error } = await agents.ended({ ...a, conversation }, 'm1');
    expect([status, error?.code]).toEqual(['failed', 'llm.rate_limited']);
    expect(error?.retry_after_ms).toBeGreaterThan(10_000);
  }
  expect(server.bodies).toHaveLength(1);
});
