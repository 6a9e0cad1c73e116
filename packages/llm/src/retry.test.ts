import type { ErrorCode, Model } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { withFailOver } from './fail-over.js';
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

const soon = (code: ErrorCode): ScriptStep => ({ failure: { code, retryAfterMs: 1 } });
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

  it('is final when the vendor asks for a long wait, which the failure tells', async () => {
    const { stream, asked } = retried([{ failure: { code: 'llm.rate_limited', retryAfterMs: waitMsMax + 1 } }]);
    const events = await eventsOf(stream(requestOf('hi'), never));
    expect(events).toMatchObject([{ type: 'failed', failure: { retryAfterMs: waitMsMax + 1 } }]);
    expect(asked()).toBe(1);
  });

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

it('ends the wait between two tries on an abort', async () => {
  const abort = new AbortController();
  const steps = [{ failure: { code: 'llm.rate_limited' as const, retryAfterMs: 4_000 } }, { text: 'Here.' }];
  const { stream } = retried(steps, abort.signal, () => abort.abort());
  const startedAt = performance.now();
  const events = await eventsOf(stream(requestOf('hi'), never));
  expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

it('waits longer from try to try, with jitter, and as long as the vendor asks', () => {
  const why = { code: 'llm.overloaded' as const, publicMessage: '' };
  expect([retryDelay(why, 1, () => 0), retryDelay(why, 1, () => 1), retryDelay(why, 2, () => 1)]).toEqual([
    150, 300, 600,
  ]);
  expect(retryDelay({ ...why, retryAfterMs: 2_000 }, 1, () => 0)).toBe(2_000);
});

describe('fail-over', () => {
  const model = (name: string, step: ScriptStep): Model => {
    const attempt = guard(scriptedProviderModel(name, [step]), quick);
    return { name, stream: (request, signal) => attempt(request, signal, quick.total) };
  };

  it('hands over when nothing was streamed, and sums the usage', async () => {
    const first = model('a', { failure: { code: 'llm.refused' }, usage });
    const chain = withFailOver([first, model('b', { text: 'Here.', usage })]);
    const events = await eventsOf(chain.stream(requestOf('hi'), never));
    expect(textOf(events)).toBe('Here.');
    expect(events.at(-1)).toMatchObject({ type: 'done', usage: { inputTokens: 10 } });
    expect(chain.name).toBe('a');
  });

  it('does not hand over half an answer, nor what was aborted', async () => {
    const other = model('b', { text: 'Other.' });
    const half = await eventsOf(
      withFailOver([model('a', { text: 'Half', cut: true }), other]).stream(requestOf('hi'), never),
    );
    expect(textOf(half)).toBe('Half');
    const aborted = await eventsOf(withFailOver([model('a', {}), other]).stream(requestOf('hi'), AbortSignal.abort()));
    expect(aborted).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
  });
});
