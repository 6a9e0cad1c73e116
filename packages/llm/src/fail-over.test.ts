import type { Model } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { withFailOver } from './fail-over.js';
import { guard } from './guard.js';
import { scriptedProviderModel } from './scripted/scripted-model.js';
import type { ScriptStep } from './scripted/script.js';
import { eventsOf, never, quick, requestOf, textOf } from './testing/requests.js';

const usage = { inputTokens: 5, outputTokens: 0 };

const model = (name: string, ...steps: ScriptStep[]): Model => {
  const attempt = guard(scriptedProviderModel(name, steps), quick);
  return { name, stream: (request, signal) => attempt(request, signal, quick.total) };
};

/** A chain and the waits that it made, whose time passes at once. */
const chain = (
  models: readonly [Model, ...Model[]],
  waitMsMax = 60_000,
): { stream: Model['stream']; name: string; waits: number[] } => {
  let clock = 0;
  const waits: number[] = [];
  const made = withFailOver(models, {
    waitMsMax,
    now: () => clock,
    random: () => 0,
    onWait: (_why, ms) => {
      waits.push(ms);
      clock += ms;
    },
  });
  return { ...made, waits };
};

const later = (retryAfterMs: number): ScriptStep => ({ failure: { code: 'llm.overloaded', retryAfterMs } });

describe('fail-over', () => {
  it('hands over when nothing was streamed, and sums the usage', async () => {
    const first = model('a', { failure: { code: 'llm.refused' }, usage });
    const { stream, name } = chain([first, model('b', { text: 'Here.', usage })]);
    const events = await eventsOf(stream(requestOf('hi'), never));
    expect(events.map(({ type }) => type)).toEqual(['text', 'done']);
    expect(events.at(-1)).toMatchObject({ type: 'done', usage: { inputTokens: 10 } });
    expect(name).toBe('a');
  });

  it('says that half an answer is void before another model answers from the beginning', async () => {
    const half = { text: ['Ha', 'lf'], failure: { code: 'llm.interrupted' }, usage };
    const broken = { text: 'Three qu', cut: true };
    const { stream } = chain([model('a', half), model('b', broken), model('c', { text: 'Whole.', usage })]);
    const events = await eventsOf(stream(requestOf('hi'), never));
    expect(events).toEqual([
      { type: 'text', text: 'Ha' },
      { type: 'text', text: 'lf' },
      { type: 'restart' },
      { type: 'text', text: 'Three qu' },
      { type: 'restart' },
      { type: 'text', text: 'Whole.' },
      expect.objectContaining({ type: 'done', usage: { inputTokens: 10, outputTokens: 0 } }),
    ]);
  });

  it('voids half an answer also when the other model only makes calls, and not when nobody else answers', async () => {
    const half = { text: 'Half', cut: true };
    const types = async (next: ScriptStep): Promise<string[]> => {
      const { stream } = chain([model('a', half), model('b', next)]);
      return (await eventsOf(stream(requestOf('hi'), never))).map(({ type }) => type);
    };
    expect(await types({ calls: [{ name: 'shell' }] })).toEqual(['text', 'restart', 'call', 'done']);
    expect(await types({})).toEqual(['text', 'restart', 'done']);
    expect(await types({ failure: { code: 'llm.auth' } })).toEqual(['text', 'failed']);
  });

  it('does not hand over what was aborted', async () => {
    const { stream } = chain([model('a', {}), model('b', { text: 'Other.' })]);
    const events = await eventsOf(stream(requestOf('hi'), AbortSignal.abort()));
    expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
  });

  it('asks the next model at once while one wants to be asked later', async () => {
    const { stream, waits } = chain([model('a', later(10_000)), model('b', { text: 'Here.' })]);
    expect(textOf(await eventsOf(stream(requestOf('hi'), never)))).toBe('Here.');
    expect(waits).toEqual([]);
  });
});

describe('when no model answers and some want to be asked later', () => {
  it('waits for the first that may be asked, and asks only these again', async () => {
    const refused = model('b', { failure: { code: 'llm.refused' } }, { text: 'Never.' });
    const { stream, waits } = chain([model('a', later(40), { text: 'Here.' }), refused, model('c', later(90))]);
    expect(textOf(await eventsOf(stream(requestOf('hi'), never)))).toBe('Here.');
    expect(waits).toEqual([50]);
  });

  it.each([
    ['the model', 80, {}],
    ['the turn', 60_000, { timeoutMs: 80 }],
  ])('waits no longer than %s has time for, and says when to come back', async (_whose, waitMsMax, more) => {
    const { stream, waits } = chain([model('a', later(60)), model('b', { failure: { code: 'llm.auth' } })], waitMsMax);
    expect(await eventsOf(stream(requestOf('hi', more), never))).toMatchObject([
      { type: 'failed', failure: { code: 'llm.overloaded', retryAfterMs: 60 } },
    ]);
    expect(waits).toEqual([60]);
  });

  it('ends the wait on an abort', async () => {
    const abort = new AbortController();
    const made = withFailOver([model('a', later(9_000))], {
      waitMsMax: 60_000,
      now: () => 0,
      random: () => 0,
      onWait: () => abort.abort(),
    });
    const events = await eventsOf(made.stream(requestOf('hi'), abort.signal));
    expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
  });
});
