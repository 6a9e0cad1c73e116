import type { ModelOutcome } from '@queueclaw/contracts';
import { Config } from '@queueclaw/runtime';
import { describe, expect, it } from 'vitest';
import { priceBound, spentOf } from './spent-of.js';

const price = { input: 3, output: 15 };
const usage = { inputTokens: 100, outputTokens: 20 };
const asked = (): number => 1_000;
const answered: ModelOutcome = { ok: true, text: 'hello', calls: [], reason: 'stop', usage, model: 'm' };
const failed = (code: 'llm.interrupted' | 'llm.auth', text = '', used?: typeof usage): ModelOutcome => ({
  ...{ ok: false, text, failure: { code, publicMessage: '' } },
  ...(used ? { usage: used } : {}),
});

describe('what a call has used up', () => {
  it('is what the vendor says', () => {
    expect(spentOf(answered, asked, price)).toEqual({ ...usage, costMicros: 600 });
    const priced = { ...answered, usage: { ...usage, costMicros: 7 } };
    expect(spentOf(priced, asked, price).costMicros).toBe(7);
    expect(spentOf(answered, asked, undefined)).toEqual(usage);
  });

  it('is estimated when the vendor says nothing', () => {
    const silent = { ...answered, usage: { inputTokens: 0, outputTokens: 0 } };
    expect(spentOf(silent, asked, undefined)).toEqual({ inputTokens: 1_000, outputTokens: 2 });
  });

  it('of a stream that broke is the request and what had arrived', () => {
    const half = 'half of an answer that was long and ended in the middle of';
    expect(spentOf(failed('llm.interrupted', half), asked, price)).toMatchObject({ inputTokens: 1_000 });
    const known = spentOf(failed('llm.interrupted', half, { inputTokens: 90, outputTokens: 1 }), asked, price);
    expect(known.inputTokens).toBe(90);
    expect(known.outputTokens).toBeGreaterThan(10);
  });

  it('of a request that was refused is nothing', () => {
    expect(spentOf(failed('llm.auth'), asked, price)).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });
});

it('reserves at the price of the dearest model that may be asked', () => {
  const prices = { a: { input: 3, output: 15 }, b: { input: 1, output: 75, cached: 4 } };
  const { llm } = Config.parse({ llm: { fallbacks: ['b'], prices } });
  expect(priceBound(llm, 'a')).toEqual({ input: 4, output: 75 });
  expect(priceBound({ ...llm, fallbacks: [] }, 'free')).toBeUndefined();
});
