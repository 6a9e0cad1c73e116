import type { Model } from '@queueclaw/contracts';
import type { ModelPrice } from '@queueclaw/runtime';
import type { EventStream } from './contract.js';
import { priced } from './usage.js';

/** A model whose answers have their cost. @param price absent: the cost is not known */
export function accounted(stream: Model['stream'], price: ModelPrice | undefined): Model['stream'] {
  return async function* (request, signal): EventStream {
    for await (const event of stream(request, signal)) {
      const ends = event.type === 'done' || event.type === 'failed';
      yield ends && event.usage !== undefined ? { ...event, usage: priced(event.usage, price) } : event;
    }
  };
}
