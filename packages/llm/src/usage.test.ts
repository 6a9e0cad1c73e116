import type { Meter } from '@queueclaw/contracts';
import { expect, it } from 'vitest';
import { guard } from './guard.js';
import { metered } from './metered.js';
import { withRetry } from './retry.js';
import { type ScriptFunction, scriptedProviderModel } from './scripted/scripted-model.js';
import type { ScriptStep } from './scripted/script.js';
import { eventsOf, never, quick, requestOf } from './testing/requests.js';
import { addUsage, priced } from './usage.js';

const usage = { inputTokens: 1_000, outputTokens: 200, cachedTokens: 400 };

it('costs what the tokens cost, those of the cache at their own price', () => {
  expect(priced(usage, { input: 3, output: 15, cached: 0.3 })).toEqual({ ...usage, costMicros: 1_800 + 120 + 3_000 });
  expect(priced(usage, { input: 3, output: 15 })).toEqual({ ...usage, costMicros: 3_000 + 3_000 });
  expect(priced({ inputTokens: 1, outputTokens: 0 }, { input: 0.15, output: 0 }).costMicros).toBe(0);
  expect(priced({ ...usage, cachedTokens: 5_000 }, { input: 1, output: 1, cached: 0 }).costMicros).toBe(200);
});

it('has no cost without a price, and is summed with what is known of it', () => {
  expect(priced(usage, undefined)).toEqual(usage);
  expect(addUsage(usage, usage)).not.toHaveProperty('costMicros');
  expect(addUsage({ ...usage, costMicros: 7 }, usage)).toMatchObject({ inputTokens: 2_000, costMicros: 7 });
  expect(addUsage(undefined, { ...usage, costMicros: 0 })).toMatchObject({ costMicros: 0 });
});

it('is estimated of tries that broke off, from above, even when a later one succeeds; not of what never began', async () => {
  const end = async (...steps: ScriptStep[]): Promise<unknown> => {
    const script = (_request: unknown, at: number): ScriptStep => steps[at] ?? { text: 'too many' };
    const attempt = metered(guard(scriptedProviderModel('it', script), quick), 'it', { input: 1, output: 100 });
    const stream = withRetry(attempt, { totalMs: 60_000, now: () => 0, random: () => 0 });
    return (await eventsOf(stream(requestOf('Tell me a story, please.'), never))).at(-1);
  };
  const told = { inputTokens: 1_000, outputTokens: 2 };
  const more = expect.toSatisfy((tokens: number) => tokens > 1_000);
  expect(await end({ text: 'Once', cut: true })).toMatchObject({
    type: 'failed',
    usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number), costMicros: expect.any(Number) },
  });
  expect(await end({ text: 'Once', failure: { code: 'llm.overloaded' }, usage: told })).toMatchObject({
    usage: { ...told, costMicros: 1_200 },
  });
  expect(await end({ cut: true }, { text: 'Here.', usage: told })).toMatchObject({
    type: 'done',
    usage: { inputTokens: more, outputTokens: 2 },
  });
  expect(await end({ failure: { code: 'llm.auth' } })).not.toHaveProperty('usage');
});

it('is told to the meter once for each try, also for one that nobody read to its end; a refusal asks nobody', async () => {
  const told: unknown[] = [];
  let allowed = 2;
  const meter: Meter = {
    before: async () => ((allowed -= 1) >= 0 ? 50 : { code: 'budget.exceeded', publicMessage: 'spent' }),
    after: (used, model) => void told.push([model, used.outputTokens]),
  };
  const asked: number[] = [];
  const script: ScriptFunction = ({ maxOutputTokens }) => {
    asked.push(maxOutputTokens);
    return { text: ['Once', ' upon'], cut: true };
  };
  const attempt = metered(guard(scriptedProviderModel('it', script), quick), 'it');
  const request = { ...requestOf('hi'), meter };
  for await (const _ of attempt(request, never, 60_000)) break;
  await eventsOf(attempt(request, never, 60_000));
  expect(await eventsOf(attempt(request, never, 60_000))).toMatchObject([{ failure: { code: 'budget.exceeded' } }]);
  expect(told).toEqual([
    ['it', expect.any(Number)],
    ['it', expect.any(Number)],
  ]);
  expect(asked).toEqual([50, 50]);
});
