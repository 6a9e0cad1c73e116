import { Config } from '@queueclaw/runtime';
import { expect, it } from 'vitest';
import { priceBound, withCost } from './price-bound.js';

it('reserves at the price of the dearest model that may be asked', () => {
  const prices = { a: { input: 3, output: 15 }, b: { input: 1, output: 75, cached: 4 } };
  const { llm } = Config.parse({ llm: { fallbacks: ['b'], prices } });
  expect(priceBound(llm, 'a')).toEqual({ input: 4, output: 75 });
  expect(priceBound({ ...llm, fallbacks: [] }, 'free')).toBeUndefined();
});

it('costs what the model says, else what the dearest price makes of it', () => {
  const usage = { inputTokens: 100, outputTokens: 20 };
  expect(withCost(usage, { input: 3, output: 15 })).toEqual({ ...usage, costMicros: 600 });
  expect(withCost({ ...usage, costMicros: 7 }, { input: 3, output: 15 }).costMicros).toBe(7);
  expect(withCost(usage, undefined)).toEqual(usage);
});
