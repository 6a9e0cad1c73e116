import { errorTable, estimateRequestTokens, type ModelEvent, type ModelRequest } from '@queueclaw/contracts';
import { counter, type ModelRate } from '@queueclaw/runtime';
import type { Try, TryEvent } from './contract.js';
import { failure } from './failure.js';
import type { Attempt } from './guard.js';
import type { Entry, Gate, Verdict } from './shared/gate.js';

const closedTotal = counter('queueclaw_model_closed_total', 'Requests that a model was spared, by why', [
  'model',
  'why',
]);

export type Gated = {
  readonly name: string;
  readonly gate: Gate;
  readonly rate: ModelRate | undefined;
  /** The most tokens of an answer; absent: the request's. */
  readonly maxOutputTokens: number | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
};

/** The most tokens that a request can cost; 0 where nobody counts them. */
const tokensOf = (request: ModelRequest, { rate, maxOutputTokens = request.maxOutputTokens }: Gated): number =>
  rate?.tokens_per_minute === undefined
    ? 0
    : estimateRequestTokens(request) + Math.min(request.maxOutputTokens, maxOutputTokens);

const closed = (name: string, { why, code, retryAfterMs }: Extract<Entry, { ok: false }>): TryEvent => ({
  type: 'closed',
  failure: failure(
    code,
    why === 'rate'
      ? `What may be asked of the model ${name} is used up for the moment (llm.models.${name}.rate).`
      : `The model ${name} is left alone for the moment: ${errorTable[code].says}`,
    retryAfterMs,
  ),
});

/**
 * A model that is asked only when the gate lets the request in, and whose troubles the gate is told.
 */
export function gated(attempt: Attempt, options: Gated): Try {
  const { name, gate, rate, now } = options;
  return async function* (request, signal, totalMs): AsyncGenerator<TryEvent, void, undefined> {
    const tokens = tokensOf(request, options);
    const entry = await gate.enter(name, { rate, tokens });
    if (!entry.ok) {
      closedTotal.inc({ model: name, why: entry.why });
      return yield closed(name, entry);
    }
    const startedAt = now();
    let streamed = false;
    let verdict: Verdict = { how: 'unknown', tokens };
    try {
      for await (const event of attempt(request, signal, totalMs)) {
        if (event.type === 'done' || event.type === 'failed') {
          verdict = verdictOf(event, { tokens, streamed, outOfTime: totalMs - (now() - startedAt) < 10 });
          const leaving = entry.pass.leave(verdict);
          // The others must know of a failure before anybody asks again.
          if (verdict.how === 'failed') await leaving;
        } else if (!streamed) {
          streamed = true;
          entry.pass.answering();
        }
        yield event;
      }
    } finally {
      void entry.pass.leave(verdict);
    }
  };
}

type Seen = { readonly tokens: number; readonly streamed: boolean; readonly outOfTime: boolean };

function verdictOf(end: Extract<ModelEvent, { type: 'done' | 'failed' }>, seen: Seen): Verdict {
  const spent = end.usage === undefined ? undefined : end.usage.inputTokens + end.usage.outputTokens;
  if (end.type === 'done') return { how: 'answered', tokens: spent ?? seen.tokens };
  const { code, retryAfterMs } = end.failure;
  const { disposition } = errorTable[code];
  // Nobody was asked, so nothing is known.
  if (code === 'budget.exceeded') return { how: 'unknown', tokens: 0 };
  if (disposition === 'give-up') return { how: 'answered', tokens: spent ?? 0 };
  // Time that the turn did not have says nothing about the vendor.
  if (disposition === 'ignore' || (code === 'llm.timeout' && seen.outOfTime))
    return { how: 'unknown', tokens: spent ?? seen.tokens };
  const limited = code === 'llm.rate_limited';
  return {
    how: 'failed',
    tokens: spent ?? (seen.streamed ? seen.tokens : 0),
    code: limited ? code : 'llm.overloaded',
    retryAfterMs: limited || code === 'llm.overloaded' ? retryAfterMs : undefined,
  };
}
