import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, type Model, type ModelFailure, type Usage } from '@queueclaw/contracts';
import { failed, type Failed, failure, wantsToBeLeftAlone } from './failure.js';
import { addUsage } from './usage.js';
import type { EventStream, Try } from './contract.js';

export type RetryOptions = {
  /** Milliseconds for the whole answer, all tries and waits included. */
  readonly totalMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onRetry?: (why: ModelFailure, tries: number, delayMs: number) => void;
};

/** Tries of one answer, the first included. */
export const triesMax = 3;
/** A longer wait is left to the conversation's next try: it would hold a worker. */
export const waitMsMax = 5_000;
const baseMs = 300;

/**
 * How long to wait before the next try, in milliseconds; undefined: none makes sense. What the vendor asks for counts when
 * it is short; else exponential with jitter. A vendor that wants to be left alone is: whether to wait for it or to ask another
 * model is the fail-over's business.
 */
export function retryDelay(why: ModelFailure, tries: number, random: () => number): number | undefined {
  const { disposition } = errorTable[why.code];
  if (tries >= triesMax || (disposition !== 'retry' && disposition !== 'retry-after')) return undefined;
  if (wantsToBeLeftAlone(why)) return undefined;
  const jitter = baseMs * 2 ** (tries - 1) * (0.5 + random() / 2);
  const delay = why.retryAfterMs === undefined ? jitter : why.retryAfterMs + random() * baseMs;
  return delay > waitMsMax ? undefined : Math.round(delay);
}

const wait = (ms: number, signal: AbortSignal): Promise<boolean> => sleep(ms, true, { signal }).catch(() => false);

/**
 * Tries again what failed before anything was streamed and may succeed soon, within the request's own time too. A model that
 * may not be asked is not waited for, and one that failed already says why. The usage of all tries is summed.
 */
export function withRetry(attempt: Try, options: RetryOptions): Model['stream'] {
  return async function* (request, signal): EventStream {
    const startedAt = options.now();
    const totalMs = Math.min(options.totalMs, request.timeoutMs ?? Number.POSITIVE_INFINITY);
    const left = (): number => totalMs - (options.now() - startedAt);
    let spent: Usage | undefined;
    let before: ModelFailure | undefined;
    for (let tries = 1; ; tries += 1) {
      let streamed = false;
      let end: Failed = failed(failure('llm.interrupted'));
      for await (const event of attempt(request, signal, left())) {
        if (event.type === 'done') return yield { ...event, usage: addUsage(spent, event.usage) };
        // Why it is left alone is best told by what it did to us.
        if (event.type === 'closed') return yield failed(before ?? event.failure, spent);
        if (event.type === 'failed') end = event;
        else {
          streamed = true;
          yield event;
        }
      }
      spent = addUsage(spent, end.usage);
      const delay = streamed ? undefined : retryDelay(end.failure, tries, options.random);
      if (delay === undefined || delay >= left()) return yield failed(end.failure, spent);
      before = end.failure;
      options.onRetry?.(end.failure, tries, delay);
      if (!(await wait(delay, signal))) return yield failed(failure('llm.aborted'), spent);
    }
  };
}
