import type { ErrorCode, Model } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import type { TryEvent } from './contract.js';
import { guard } from './guard.js';
import { retryDelay, triesMax, waitMsMax, withRetry } from './retry.js';
import { scriptedProviderModel } from './scripted/scripted-model.js';
import type { ScriptStep } from './scripted/script.js';
import { eventsOf, never, quick, requestOf, textOf } from './testing/requests.js';

const retried = (
  steps: readonly ScriptStep[],
  signal = never,
  onRetry?: () => void,
): { stream: Model['stream']; asked(): number } => {
  let asked = 0;
  const script = (_request: unknown, at: number): ScriptStep => {
    asked = at + 1;
    return steps[at] ?? { text: 'too many' };
  };
  const stream = withRetry(guard(scriptedProviderModel('it', script), quick), {
    totalMs: 60_000,
    now: () => 0,
    random: () => 0,
    ...(onRetry === undefined ? {} : { onRetry }),
  });
  return { stream: (request) => stream(request, signal), asked: () => asked };
};

const passing = (code: ErrorCode): boolean => code === 'llm.rate_limited' || code === 'llm.overloaded';
const soon = (code: ErrorCode): ScriptStep => ({ failure: { code, ...(passing(code) ? {} : { retryAfterMs: 1 }) } });
const usage = { inputTokens: 5, outputTokens: 0 };

describe('a try that failed before anything was streamed', () => {
  it.each(['llm.rate_limited', 'llm.overloaded', 'llm.unavailable', 'llm.interrupted', 'llm.nonsense'] as const)(
    'is repeated after %s',
    async (code) => {
      const { stream } = retried([soon(code), { text: 'Here.' }]);
      const events = await eventsOf(stream(requestOf('hi'), never));
      expect(textOf(events)).toBe('Here.');
    },
  );

  it.each(['llm.refused', 'llm.auth', 'llm.context', 'llm.aborted'] as const)('is final after %s', async (code) => {
    const { stream, asked } = retried([soon(code), { text: 'Here.' }]);
    expect(await eventsOf(stream(requestOf('hi'), never))).toMatchObject([{ type: 'failed', failure: { code } }]);
    expect(asked()).toBe(1);
  });

  it('is repeated a bounded number of times', async () => {
    const { stream, asked } = retried(Array.from({ length: 9 }, () => soon('llm.unavailable')));
    const events = await eventsOf(stream(requestOf('hi'), never));
    expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.unavailable' } }]);
    expect(asked()).toBe(triesMax);
  });

  it.each([
    ['llm.unavailable', waitMsMax + 1],
    ['llm.rate_limited', 1],
    ['llm.overloaded', 1],
  ] as const)(
    'is final when the vendor wants to be left alone: %s, %i ms, which the failure tells',
    async (code, ms) => {
      const { stream, asked } = retried([{ failure: { code, retryAfterMs: ms } }]);
      const events = await eventsOf(stream(requestOf('hi'), never));
      expect(events).toMatchObject([{ type: 'failed', failure: { code, retryAfterMs: ms } }]);
      expect(asked()).toBe(1);
    },
  );

  it('still counts: the usage of all tries is summed', async () => {
    const steps = [
      { ...soon('llm.interrupted'), usage },
      { text: 'Here.', usage: { inputTokens: 5, outputTokens: 2 } },
    ];
    const events = await eventsOf(retried(steps).stream(requestOf('hi'), never));
    expect(events.at(-1)).toMatchObject({ type: 'done', usage: { inputTokens: 10, outputTokens: 2 } });
  });
});

it('never repeats an answer of which something was streamed', async () => {
  const { stream, asked } = retried([{ text: 'Half', cut: true }, { text: 'Whole' }]);
  const events = await eventsOf(stream(requestOf('hi'), never));
  expect(textOf(events)).toBe('Half');
  expect(events.at(-1)).toMatchObject({ type: 'failed', failure: { code: 'llm.interrupted' } });
  expect(asked()).toBe(1);
});

it.each([
  ['the model', { totalMs: 1_000 }, {}],
  ['the turn', { totalMs: 60_000 }, { timeoutMs: 1_000 }],
])('does not wait for a try when %s has no time for it', async (_whose, options, more) => {
  let clock = 0;
  let asked = 0;
  const step: ScriptStep = { failure: { code: 'llm.unavailable', retryAfterMs: 400 } };
  const attempt = guard(
    scriptedProviderModel('it', () => {
      asked += 1;
      clock += 350;
      return step;
    }),
    quick,
  );
  const stream = withRetry(attempt, { ...options, now: () => clock, random: () => 0, onRetry: () => (clock += 400) });
  const events = await eventsOf(stream(requestOf('hi', more), never));
  expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.unavailable', retryAfterMs: 400 } }]);
  expect(asked).toBe(2);
});

it('does not wait for a model that may not be asked, and tells what it did before that', async () => {
  const closed: TryEvent = {
    type: 'closed',
    failure: { code: 'llm.overloaded', publicMessage: 'Later.', retryAfterMs: 9 },
  } as const;
  const stream = (failures: readonly ErrorCode[]): Model['stream'] => {
    const left = [...failures];
    async function* attempt(): AsyncGenerator<TryEvent> {
      const code = left.shift();
      yield code === undefined ? closed : { type: 'failed', failure: { code, publicMessage: '', retryAfterMs: 1 } };
    }
    return withRetry(attempt, { totalMs: 60_000, now: () => 0, random: () => 0 });
  };
  const end = async (...failures: ErrorCode[]): Promise<unknown> => eventsOf(stream(failures)(requestOf('hi'), never));
  expect(await end()).toEqual([{ type: 'failed', failure: closed.failure }]);
  expect(await end('llm.unavailable')).toMatchObject([{ failure: { code: 'llm.unavailable' } }]);
});

it("ends a try at the turn's deadline, and says which setting allows more", async () => {
  const stream = withRetry(
    guard(
      scriptedProviderModel('it', () => ({ hang: true })),
      quick,
    ),
    {
      totalMs: 60_000,
      now: () => performance.now(),
      random: () => 0,
    },
  );
  const events = await eventsOf(stream(requestOf('hi', { timeoutMs: 30 }), never));
  expect(events).toMatchObject([
    { type: 'failed', failure: { code: 'llm.timeout', publicMessage: expect.stringContaining('limits.turn_time') } },
  ]);
});

it('ends the wait between two tries on an abort', async () => {
  const abort = new AbortController();
  const steps = [{ failure: { code: 'llm.unavailable' as const, retryAfterMs: 4_000 } }, { text: 'Here.' }];
  const { stream } = retried(steps, abort.signal, () => abort.abort());
  const startedAt = performance.now();
  const events = await eventsOf(stream(requestOf('hi'), never));
  expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

it('waits longer from try to try, with jitter, and as long as the vendor asks', () => {
  const why = { code: 'llm.unavailable' as const, publicMessage: '' };
  expect([retryDelay(why, 1, () => 0), retryDelay(why, 1, () => 1), retryDelay(why, 2, () => 1)]).toEqual([
    150, 300, 600,
  ]);
  expect(retryDelay({ ...why, retryAfterMs: 2_000 }, 1, () => 0)).toBe(2_000);
});
