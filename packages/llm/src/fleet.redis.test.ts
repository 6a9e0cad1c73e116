import { keys } from '@queueclaw/contracts';
import { aclRules, connectRedis } from '@queueclaw/runtime';
import { eventually, redisAs, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createModels, type CreateModelsOptions, type Models } from './router.js';
import { sharedGate } from './shared/redis-gate.js';
import { type Handler, type RawServer, startRawServer } from './testing/raw-server.js';
import { eventsOf, never, quick, requestOf, silent, textOf } from './testing/requests.js';
import { chatWire } from './testing/wires.js';

type Llm = CreateModelsOptions['config'];

let servers: RawServer[] = [];
let redises: ReturnType<typeof connectRedis>[] = [];
let namespace = '';
beforeEach(() => {
  namespace = uniqueNamespace();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  for (const redis of redises) redis.disconnect();
  [servers, redises] = [[], []];
});

const serve = async (handler: Handler): Promise<RawServer> => {
  const server = await startRawServer(handler);
  servers.push(server);
  return server;
};
const answers: Handler = (response) => {
  response.writeHead(200, { 'content-type': chatWire.type }).end(chatWire.open + chatWire.text('Here.') + chatWire.end);
};
const refuses =
  (status: number, headers: Record<string, string>): Handler =>
  (response) =>
    void response.writeHead(status, headers).end('{}');

/** The models of an agent of its own: nothing but Redis joins it to the others. */
const agent = async (config: Pick<Llm, 'models'> & Partial<Llm>): Promise<Models> => {
  const rights = aclRules('agent', { namespace, shards: 1 });
  const redis = connectRedis(await redisAs(await sharedRedis(), rights), 'command', () => undefined);
  redises.push(redis);
  const gate = sharedGate({ connect: () => redis, namespace, logger: silent });
  const llm = { fallbacks: [], timeouts: quick, prices: {}, ...config };
  return createModels({ config: llm, agents: {}, env: {}, logger: silent, gate, random: () => 0 });
};
const at = (server: RawServer): Llm['models'][string] => ({
  provider: 'openai',
  model: 'm',
  base_url: `${server.url}/v1`,
});
const ask = async (models: Models | undefined, timeoutMs?: number): ReturnType<typeof eventsOf> =>
  models === undefined ? [] : eventsOf(models.get('it').stream(requestOf('hi', { timeoutMs }), never));

describe('a vendor that wants to be left alone', () => {
  it.each([429, 529])('is, by all agents, when one of them heard so (HTTP %i)', async (status) => {
    const server = await serve(refuses(status, { 'retry-after': '60' }));
    const [one, two] = [await agent({ models: { it: at(server) } }), await agent({ models: { it: at(server) } })];
    const code = status === 429 ? 'llm.rate_limited' : 'llm.overloaded';
    expect(await ask(one, 15_000)).toMatchObject([{ failure: { code, retryAfterMs: 60_000 } }]);
    const [told] = await ask(two, 15_000);
    expect(told).toMatchObject({ failure: { code, publicMessage: expect.stringContaining('left alone') } });
    expect(told).toMatchObject({ failure: { retryAfterMs: expect.any(Number) } });
    expect(server.requests).toHaveLength(1);
  });

  it('is asked by one of them when the time is over, and answers all when that one was answered', async () => {
    const answer = Promise.withResolvers<void>();
    const server = await serve(async (response, request, count) => {
      if (count === 0) return void response.writeHead(429, { 'retry-after-ms': '300' }).end('{}');
      if (count === 1) await answer.promise;
      return answers(response, request, count);
    });
    const agents = await Promise.all([1, 2, 3, 4].map(() => agent({ models: { it: at(server) } })));
    const [heard, ...others] = agents;
    const first = ask(heard);
    await eventually(async () =>
      expect(await redises[0]?.hget(keys.model(namespace, 'it', 'breaker'), 'code')).toBe('llm.rate_limited'),
    );
    const streams = [first, ...others.map((models) => ask(models))];
    await eventually(() => expect(server.requests).toHaveLength(2));
    // The one that tries is under way: whoever asks now is refused.
    const [refused] = await ask(await agent({ models: { it: at(server) } }), 300);
    expect(refused).toMatchObject({ type: 'failed', failure: { code: 'llm.rate_limited' } });
    expect(server.requests).toHaveLength(2);
    answer.resolve();
    for (const events of await Promise.all(streams)) expect(textOf(events)).toBe('Here.');
  });

  it('is passed over at once when there is another model', async () => {
    const [server, other] = [await serve(refuses(429, { 'retry-after': '20' })), await serve(answers)];
    const config = { models: { it: at(server), other: at(other) }, fallbacks: ['other'] };
    const [one, two] = [await agent(config), await agent(config)];
    for (const models of [one, two, one]) expect(textOf(await ask(models))).toBe('Here.');
    expect([server.requests.length, other.requests.length]).toEqual([1, 3]);
  });

  it('is waited for when there is no other and the turn has the time', async () => {
    const server = await serve((response, request, count) =>
      count === 0
        ? refuses(503, { 'retry-after-ms': '200' })(response, request, count)
        : answers(response, request, count),
    );
    const [one, two] = [await agent({ models: { it: at(server) } }), await agent({ models: { it: at(server) } })];
    const [first, second] = await Promise.all([ask(one), ask(two)]);
    expect([textOf(first), textOf(second)]).toEqual(['Here.', 'Here.']);
  });
});

it('keeps to the rate that is set for a model, all agents together', async () => {
  const server = await serve(answers);
  const it = { ...at(server), rate: { requests_per_minute: 3 } };
  const agents = await Promise.all([1, 2].map(() => agent({ models: { it } })));
  const asked = await Promise.all([0, 1, 0, 1, 0, 1].map((which) => ask(agents[which], 30_000)));
  expect(asked.filter((events) => textOf(events) === 'Here.')).toHaveLength(3);
  expect(asked.flatMap((events) => (events.at(-1)?.type === 'failed' ? events : []))).toMatchObject(
    Array.from({ length: 3 }, () => ({
      failure: { code: 'llm.rate_limited', publicMessage: /llm\.models\.it\.rate/ },
    })),
  );
  expect(server.requests).toHaveLength(3);
});

it('costs what the models that were asked cost, broken streams too', async () => {
  const broken = await serve((response) => {
    response.writeHead(200, { 'content-type': chatWire.type });
    const usage = chatWire.end.replace('data: [DONE]\n\n', '').replace('"stop"', 'null');
    response.write(chatWire.open + chatWire.text('Half') + usage, () => response.destroy());
  });
  const whole = await serve(answers);
  const models = await agent({
    models: { it: at(broken), other: at(whole) },
    fallbacks: ['other'],
    prices: { it: { input: 1_000, output: 0, cached: 0 }, other: { input: 1, output: 10 } },
  });
  const events = await ask(models);
  expect(events.map(({ type }) => type)).toEqual(['text', 'restart', 'text', 'done']);
  // 7 tokens in, of which 2 from the cache, and 3 out, twice.
  expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 14, costMicros: 5_000 + 7 + 30 } });
});
