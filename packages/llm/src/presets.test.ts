import { describe, expect, it, vi } from 'vitest';
import { providers } from './registry.js';
import { createModels, type CreateModelsOptions, type Models } from './router.js';
import { eventsOf, never, quick, requestOf, silent, textOf } from './testing/requests.js';

const key = 'sk-of-the-environment';
const sent = vi.fn<typeof fetch>();

const make = (
  env: CreateModelsOptions['env'],
  models: CreateModelsOptions['config']['models'] = {},
): Promise<Models> => {
  sent.mockReset().mockImplementation(async () => new Response('no', { status: 401 }));
  const config = { models, fallbacks: [], timeouts: quick, prices: {} };
  return createModels({ config, agents: {}, env, logger: silent, fetch: sent });
};

const seen = (): { url: string; authorization: string | null; body: Record<string, unknown> } => {
  const [input = '', init] = sent.mock.calls.at(-1) ?? [];
  return {
    url: String(input instanceof Request ? input.url : input),
    authorization: new Headers(init?.headers).get('authorization'),
    body: JSON.parse(String(init?.body)),
  };
};

const table = [
  ['deepseek', 'DEEPSEEK', 'https://api.deepseek.com/v1', 'deepseek-chat'],
  ['moonshot', 'MOONSHOT', 'https://api.moonshot.cn/v1', undefined],
  ['baichuan', 'BAICHUAN', 'https://api.baichuan-ai.com/v1', undefined],
  ['qwen', 'DASHSCOPE', 'https://dashscope.aliyuncs.com/compatible-mode/v1', 'qwen-plus'],
  ['openrouter', 'OPENROUTER', 'https://openrouter.ai/api/v1', 'openrouter/auto'],
] as const;

it('knows every preset of the registry', () => {
  const presets = providers.filter(({ baseUrl }) => baseUrl !== undefined);
  expect(table.map(([name]) => name)).toEqual(presets.map(({ name }) => name));
});

describe.each(table)('the preset %s', (provider, variables, address, model) => {
  const env = { [`${variables}_API_KEY`]: key };

  it("sends Chat Completions with the environment's key to the vendor's address", async () => {
    const models = await make(env);
    await eventsOf(models.get(`${provider}/some-model`).stream(requestOf('hi', { maxOutputTokens: 77 }), never));
    expect(seen()).toMatchObject({
      url: `${address}/chat/completions`,
      authorization: `Bearer ${key}`,
      body: { model: 'some-model', stream: true, max_tokens: 77 },
    });
  });

  it('goes where the environment says', async () => {
    const models = await make({ ...env, [`${variables}_BASE_URL`]: 'https://elsewhere.example/v9' });
    await eventsOf(models.get(`${provider}/m`).stream(requestOf('hi'), never));
    expect(seen()).toMatchObject({
      url: 'https://elsewhere.example/v9/chat/completions',
      authorization: `Bearer ${key}`,
    });
  });

  it("keeps the environment's key from a base_url of the configuration", async () => {
    const models = await make(env, { it: { provider, model: 'm', base_url: 'https://other.example/v1' } });
    await eventsOf(models.get('it').stream(requestOf('hi'), never));
    expect(seen().url).toBe('https://other.example/v1/chat/completions');
    expect(seen().authorization).not.toContain(key);
  });

  it('says which variable is missing without a key, and asks nobody', async () => {
    const models = await make({}, { it: { provider, model: 'm' } });
    expect(await eventsOf(models.get('it').stream(requestOf('hi'), never))).toMatchObject([
      { failure: { code: 'llm.auth', publicMessage: expect.stringContaining(`${variables}_API_KEY`) } },
    ]);
    expect(sent).not.toHaveBeenCalled();
  });

  it('is chosen by its key alone when it has a default model, else wants one named', async () => {
    const models = await make(env);
    expect(models.default.name).toBe(model === undefined ? 'demo' : `${provider}/${model}`);
    const unnamed = make(env, { it: { provider } });
    if (model !== undefined) return void (await unnamed);
    await expect(unnamed).rejects.toMatchObject({ code: 'config.invalid', message: /set model/ });
  });
});

it('says max_completion_tokens to a server that insists on it', async () => {
  const it = { provider: 'openai', model: 'm', base_url: 'https://picky.example/v1' } as const;
  const models = await make({}, { it: { ...it, max_tokens_field: 'max_completion_tokens' } });
  await eventsOf(models.get('it').stream(requestOf('hi', { maxOutputTokens: 77 }), never));
  expect(seen().body).toMatchObject({ max_completion_tokens: 77 });
  expect(seen().body).not.toHaveProperty('max_tokens');
});

describe('what servers do differently', () => {
  const chunk = (delta: unknown, finish_reason: string | null = null, more: object = {}): string =>
    `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta, finish_reason, ...more }] })}\n\n`;
  const answer = async (body: string): ReturnType<typeof eventsOf> => {
    const models = await make({ DEEPSEEK_API_KEY: key });
    const headers = { 'content-type': 'text/event-stream' };
    sent.mockImplementation(async () => new Response(`${body}data: [DONE]\n\n`, { headers }));
    return eventsOf(models.get().stream(requestOf('hi'), never));
  };

  it('thinking that is streamed beside the answer is left out', async () => {
    const events = await answer(
      chunk({ role: 'assistant', content: null, reasoning_content: 'Hm, what do they want?' }) +
        chunk({ content: 'Hello.', reasoning_content: null }) +
        chunk({}, 'stop'),
    );
    expect(textOf(events)).toBe('Hello.');
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'stop' });
  });

  it.each([
    { prompt_tokens_details: { cached_tokens: 2 } },
    { prompt_cache_hit_tokens: 2, prompt_tokens_details: null },
    { cached_tokens: 2 },
  ])('usage is read with what the cache served, also as part of a choice: %j', async (cached) => {
    const usage = { prompt_tokens: 7, completion_tokens: 3, ...cached };
    const expected = { usage: { inputTokens: 7, outputTokens: 3, cachedTokens: 2 } };
    const beside = chunk({ content: 'Hi' }, 'stop') + `data: ${JSON.stringify({ choices: [], usage })}\n\n`;
    expect((await answer(beside)).at(-1)).toMatchObject(expected);
    expect((await answer(chunk({ content: 'Hi' }, 'stop', { usage }))).at(-1)).toMatchObject(expected);
  });

  it('an end in error is a failure, also without words', async () => {
    const events = await answer(chunk({ content: 'Hal' }) + chunk({}, 'error'));
    expect(events.at(-1)).toMatchObject({ type: 'failed', failure: { code: 'llm.unavailable' } });
  });
});
