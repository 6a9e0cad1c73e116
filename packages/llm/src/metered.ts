import {
  type ErrorCode,
  estimateRequestTokens,
  estimateTokens,
  type ModelEvent,
  type Usage,
} from '@queueclaw/contracts';
import type { ModelPrice } from '@queueclaw/runtime';
import type { EventStream } from './contract.js';
import { failed } from './failure.js';
import type { Attempt } from './guard.js';
import { priced } from './usage.js';

/** Failures after which a vendor may have read the request, and written, without telling how much. */
const broken: ReadonlySet<ErrorCode> = new Set(['llm.interrupted', 'llm.timeout', 'llm.aborted', 'llm.nonsense']);

/**
 * One try with its cost: what the vendor says; where it says nothing and may have worked, what was asked and what arrived,
 * estimated from above. The request's meter is asked before the vendor is, and told what the try has used, however it ends.
 * @param name the configured name of the model
 * @param price absent: the cost is not known
 */
export function metered(attempt: Attempt, name: string, price?: ModelPrice): Attempt {
  return async function* (request, signal, totalMs): EventStream {
    const { meter } = request;
    const allowed = await meter?.before();
    if (typeof allowed === 'object') return yield failed(allowed);
    const maxOutputTokens = Math.min(request.maxOutputTokens, allowed ?? Number.POSITIVE_INFINITY);
    let said = '';
    let end: Extract<ModelEvent, { type: 'done' | 'failed' }> | undefined;
    const spent = (): Usage | undefined => {
      const { inputTokens = 0, outputTokens = 0, ...told } = end?.usage ?? {};
      const isTold = inputTokens + outputTokens > 0;
      const worked = end?.type !== 'failed' || broken.has(end.failure.code) || said !== '';
      if ((end?.type === 'done' && isTold) || !worked) return end?.usage && priced(end.usage, price);
      const input = inputTokens || estimateRequestTokens(request);
      return priced({ ...told, inputTokens: input, outputTokens: Math.max(outputTokens, estimateTokens(said)) }, price);
    };
    try {
      for await (const event of attempt({ ...request, maxOutputTokens }, signal, totalMs)) {
        if (event.type === 'text') said += event.text;
        if (event.type === 'done' || event.type === 'failed') {
          end = event;
          const usage = spent();
          yield usage === undefined ? event : { ...event, usage };
        } else yield event;
      }
    } finally {
      const model = end?.type === 'done' ? end.model : name;
      meter?.after(spent() ?? { inputTokens: 0, outputTokens: 0 }, model);
    }
  };
}
