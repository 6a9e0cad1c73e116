import { type Model, type ModelCall, type ModelEvent, type ModelMessage, Usage } from '@queueclaw/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProvider, providers } from './registry.js';
import { createModels } from './router.js';
import { eventsOf, never, quick, requestOf, silent, textOf } from './testing/requests.js';
import { rigs } from './testing/rigs.js';

const callsIn = (events: readonly ModelEvent[]): ModelCall[] =>
  events.flatMap((event) => (event.type === 'call' ? [event.call] : []));

/** What every stream keeps, however it ends. */
const expectContract = (events: readonly ModelEvent[]): void => {
  const ends = events.filter(({ type }) => type === 'done' || type === 'failed');
  expect(ends).toHaveLength(1);
  expect(events.at(-1)).toBe(ends[0]);
  for (const event of events) {
    if (event.type === 'text') expect(event.text.isWellFormed() && event.text !== '').toBe(true);
  }
};

it('is kept for every provider of the registry, and for one of the presets', () => {
  const named = rigs.map(({ provider }) => findProvider(provider));
  expect(named.filter((provider) => provider?.baseUrl !== undefined)).toHaveLength(1);
  expect(new Set(named.filter((provider) => provider?.baseUrl === undefined))).toEqual(
    new Set(providers.filter(({ baseUrl }) => baseUrl === undefined)),
  );
});

describe.each(rigs)('$title', (rig) => {
  let model: Model;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const backend = await rig.start();
    ({ stop } = backend);
    const models = await createModels({
      config: { models: { it: backend.config }, default: 'it', fallbacks: [], timeouts: quick, prices: {} },
      agents: {},
      env: {},
      logger: silent,
      ...(backend.fetch === undefined ? {} : { fetch: backend.fetch }),
    });
    model = models.get();
  });

  afterAll(() => stop());

  const ask = async (messages: string | readonly ModelMessage[], more = {}): Promise<ModelEvent[]> => {
    const events = await eventsOf(model.stream(requestOf(messages, more), never));
    expectContract(events);
    return events;
  };

  it('streams text in pieces and ends in done with usage and the model that answered', async () => {
    const events = await ask(rig.say);
    const end = events.at(-1);
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
    expect(textOf(events).length).toBeGreaterThan(5);
    expect(end).toMatchObject({ type: 'done', reason: 'stop' });
    if (end?.type !== 'done') return;
    expect(Usage.safeParse(end.usage).success).toBe(true);
    expect(end.model).not.toBe('');
  });

  it('emits a tool call whole', async () => {
    const events = await ask(rig.call);
    expect(callsIn(events)).toMatchObject([{ name: 'shell', args: { command: 'date' } }]);
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'calls' });
  });

  it('emits parallel calls with ids of their own', async () => {
    const calls = callsIn(await ask(rig.callTwice));
    expect(calls.map(({ name }) => name)).toEqual(['shell', 'shell']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  });

  it('takes calls and results under our ids and answers them', async () => {
    const args = { command: 'date' };
    const events = await ask([
      { role: 'user', text: 'before' },
      { role: 'assistant', text: 'Before, yes.' },
      { role: 'user', text: rig.callTwice },
      {
        role: 'assistant',
        text: '',
        calls: [
          { id: '3.1.1', name: 'shell', args },
          { id: '3.1.2', name: 'shell', args },
        ],
      },
      { role: 'tool', call: '3.1.1', name: 'shell', text: 'Monday', ok: true },
      { role: 'tool', call: '3.1.2', name: 'shell', text: '', ok: false },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'stop' });
    expect(textOf(events)).not.toBe('');
  });

  it('answers without tools, without a system prompt and with text that is no Unicode', async () => {
    const events = await ask(`${rig.say}\ud83d`, { tools: [], system: '' });
    expect(events.at(-1)).toMatchObject({ type: 'done' });
  });

  it('answers an abort in the middle with llm.aborted, at once', async () => {
    const abort = new AbortController();
    const events: ModelEvent[] = [];
    const startedAt = performance.now();
    for await (const event of model.stream(requestOf(rig.slow), abort.signal)) {
      events.push(event);
      abort.abort();
    }
    expectContract(events);
    expect(events.at(-1)).toMatchObject({ type: 'failed', failure: { code: 'llm.aborted' } });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('asks nobody when it is aborted before', async () => {
    const events = await eventsOf(model.stream(requestOf(rig.say), AbortSignal.abort()));
    expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
  });
});
