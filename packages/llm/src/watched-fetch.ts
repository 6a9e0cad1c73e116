import { AppError } from '@queueclaw/contracts';
import type { Pulse } from './contract.js';

/** An answer beyond this size is nonsense, whatever it says: SDKs buffer lines without a limit. */
export const answerBytesMax = 32 * 1024 * 1024;

/**
 * A fetch for one request to a model: it tells the time-outs when headers and bytes arrive, ends answers beyond
 * `answerBytesMax`, and follows no redirect, because a key must not travel to another host.
 * @param signal ends the request; absent: the caller passes its own
 */
export function watchedFetch(fetch: typeof globalThis.fetch, pulse: Pulse, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual', ...(signal === undefined ? {} : { signal }) });
    pulse.connected();
    if (response.body === null) return response;
    let bytes = 0;
    const watch = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        pulse.bytes();
        bytes += chunk.byteLength;
        if (bytes > answerBytesMax) controller.error(new AppError('llm.nonsense'));
        else controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(watch), { status, statusText, headers });
  };
}
