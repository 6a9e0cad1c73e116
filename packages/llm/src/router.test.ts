import { describe, expect, it, vi } from 'vitest';
import { createModels, type CreateModelsOptions, type Models } from './router.js';
import { eventsOf, never, quick, recordingLogger, requestOf, silent, textOf } from './testing/requests.js';

type Llm = CreateModelsOptions['config'];

const llm = (more: Partial<Llm> = {}): Llm => ({ models: {}, fallbacks: [], timeouts: quick, prices: {}, ...more });

const nobody: typeof fetch = () => Promise.reject(new TypeError('fetch failed'));

const make = (config: Partial<Llm>, more: Partial<CreateModelsOptions> = {}): Promise<Models> =>
  createModels({ config: llm(config), agents: {}, env: {}, logger: silent, fetch: nobody, random: () => 0, ...more });

const ollama = (models: Readonly<Record<string, readonly string[]>>): typeof fetch =>
  vi.fn<typeof fetch>(async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (pathname === '/api/tags') return Response.json({ models: Object.keys(models).map((name) => ({ name })) });
    const { model } = JSON.parse(String(init?.body)) as { model: string };
    return Response.json({ capabilities: models[model] });
  });

describe('the model of agents that name none', () => {
  it('is the configured default, before everything else', async () => {
    const models = { one: { provider: 'demo' }, two: { provider: 'demo' } };
    const made = await make({ models, default: 'two' }, { env: { ANTHROPIC_API_KEY: 'k' } });
    expect(made.default).toEqual({ name: 'two', why: 'llm.default of the configuration says so' });
    expect(made.names()).toEqual(['one', 'two']);
  });

  it('names the variable when QUEUECLAW_MODEL chose it', async () => {
    const made = await make({ default: 'anthropic/claude-x' }, { env: { QUEUECLAW_MODEL: 'anthropic/claude-x' } });
    expect(made.default).toEqual({ name: 'anthropic/claude-x', why: 'QUEUECLAW_MODEL is set' });
  });

  it('is the first configured model without a default', async () => {
    const made = await make({ models: { one: { provider: 'demo' }, two: { provider: 'demo' } } });
    expect(made.default.name).toBe('one');
  });

  it('follows the keys in the environment, Anthropic first; an empty key counts for nothing', async () => {
    const both = await make({}, { env: { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a' } });
    expect(both.default).toMatchObject({
      name: expect.stringMatching(/^anthropic\//),
      why: 'ANTHROPIC_API_KEY is set',
    });
    const one = await make({}, { env: { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: ' ' } });
    expect(one.default).toMatchObject({ name: expect.stringMatching(/^openai\//), why: 'OPENAI_API_KEY is set' });
  });

  it('is the first Ollama model that can call tools', async () => {
    const fetch = ollama({ embedder: ['embedding'], talker: ['completion'], agent: ['completion', 'tools'] });
    expect((await make({}, { fetch })).default.name).toBe('ollama/agent');
  });

  it('is the demo model otherwise, without waiting for an Ollama that hangs', async () => {
    const startedAt = performance.now();
    const hanging: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    expect((await make({}, { fetch: hanging })).default.name).toBe('demo');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect((await make({}, { fetch: ollama({ talker: ['completion'] }) })).default.name).toBe('demo');
  });

  it('does not ask the network when a key is set or a model configured', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>();
    await make({}, { fetch, env: { OPENAI_API_KEY: 'o' } });
    await make({ models: { one: { provider: 'demo' } } }, { fetch });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe('what the configuration names', () => {
  it.each([
    [{ default: 'cloude', models: { claude: { provider: 'demo' } } }, /did you mean claude/],
    [{ models: { one: { provider: 'antropic' } } }, /did you mean anthropic/],
    [{ default: 'openai/' }, /There is no model/],
    [{ models: { one: { provider: 'demo' } }, fallbacks: ['other'] }, /There is no model other/],
    [{ models: { one: { provider: 'openai', base_url: 'ftp://x/' } } }, /http:\/\/ or https:\/\//],
    [{ models: { one: { provider: 'openai', base_url: 'http://a:b@x/' } } }, /api_key/],
  ] as const)('is refused when it does not exist or cannot work: %j', async (config, message) => {
    await expect(make(config as Partial<Llm>)).rejects.toMatchObject({ code: 'config.invalid', message });
  });

  it('is refused when an agent names a model that does not exist', async () => {
    const agents = { helper: { model: 'nope', queue_mode: 'collect' as const } };
    await expect(make({}, { agents })).rejects.toMatchObject({ code: 'config.invalid' });
  });

  it('is available by name, by provider and by provider/model', async () => {
    const made = await make({ models: { mine: { provider: 'scripted' } } });
    for (const name of [undefined, 'mine', 'demo', 'scripted/anything'])
      expect(made.get(name).name).toBe(name ?? 'mine');
    expect(made.get('mine')).toBe(made.get());
    expect(() => made.get('toString')).toThrowError(expect.objectContaining({ code: 'config.invalid' }));
  });

  it('is told when a price names a model that does not exist', async () => {
    const { logger, lines } = recordingLogger();
    const price = { input: 1, output: 2 };
    const prices = { mine: price, 'openai/gpt-x': price, mien: price };
    await make({ models: { mine: { provider: 'demo' } }, prices }, { logger });
    const told = lines.filter((line) => line.includes('llm.prices'));
    expect(told).toEqual([expect.stringContaining('"mien"')]);
  });

  it('answers with llm.auth when its key is missing, and names the variable', async () => {
    const made = await make({ models: { claude: { provider: 'anthropic' } } });
    const events = await eventsOf(made.get().stream(requestOf('hi'), never));
    expect(events).toMatchObject([
      { type: 'failed', failure: { code: 'llm.auth', publicMessage: expect.stringContaining('ANTHROPIC_API_KEY') } },
    ]);
  });

  it('never sends a key of the environment to another address than its own', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response('no', { status: 401 }));
    const env = { OPENAI_API_KEY: 'sk-of-the-environment' };
    const made = await make(
      { models: { local: { provider: 'openai', base_url: 'http://127.0.0.1:9/v1' } } },
      { fetch, env },
    );
    await eventsOf(made.get().stream(requestOf('hi'), never));
    expect(fetch).toHaveBeenCalledOnce();
    expect(JSON.stringify([...new Headers(fetch.mock.calls[0]?.[1]?.headers)])).not.toContain('sk-of-the-environment');
    await eventsOf(made.get('openai/gpt-x').stream(requestOf('hi'), never));
    expect(new Headers(fetch.mock.calls[1]?.[1]?.headers).get('authorization')).toBe('Bearer sk-of-the-environment');
  });
});

describe('fail-over', () => {
  it('asks the next model when the first failed before it said anything', async () => {
    const models = { claude: { provider: 'anthropic' }, gpt: { provider: 'openai' }, echo: { provider: 'scripted' } };
    const made = await make({ models, fallbacks: ['claude', 'gpt', 'echo'] });
    const events = await eventsOf(made.get('claude').stream(requestOf('still here'), never));
    expect(textOf(events)).toBe('still here');
    expect(events.at(-1)).toMatchObject({ type: 'done', model: 'scripted' });
  });
});
