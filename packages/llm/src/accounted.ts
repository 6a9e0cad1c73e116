import { estimateRequestTokens, estimateTokens, type Model, type Usage } from '@queueclaw/contracts';
import type { ModelPrice } from '@queueclaw/runtime';
import type { EventStream } from './contract.js';
import { priced } from './usage.js';

/**
 * A model whose answers have their cost. An answer that broke off after it had begun was paid too: where the vendor has not
 * said how much it was, it is estimated from above.
 * @param price absent: the cost is not known
 */
export function accounted(stream: Model['stream'], price: ModelPrice | undefined): Model['stream'] {
  return async function* (request, signal): EventStream {
    let said = '';
    const estimate = (): Usage => ({
      inputTokens: estimateRequestTokens(request),
      outputTokens: estimateTokens(said),
    });
    for await (const event of stream(request, signal)) {
      if (event.type === 'text') said += event.text;
      if (event.type !== 'done' && event.type !== 'failed') yield event;
      else {
        const usage = event.usage ?? (said === '' ? undefined : estimate());
        yield usage === undefined ? event : { ...event, usage: priced(usage, price) };
      }
    }
  };
}
