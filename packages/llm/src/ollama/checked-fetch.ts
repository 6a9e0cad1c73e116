import { AppError, type ErrorCode } from '@queueclaw/contracts';
import { statusFailure } from '../http-failure.js';

const assertJson = (line: string, code: ErrorCode): void => {
  try {
    JSON.parse(line);
  } catch (cause) {
    throw new AppError(code, { cause });
  }
};

/** Passes whole lines of JSON on, and leaves out empty ones. */
const jsonLines = (): TransformStream<Uint8Array, Uint8Array> => {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.trim() === '') continue;
        assertJson(line, 'llm.nonsense');
        controller.enqueue(encoder.encode(`${line}\n`));
      }
    },
    flush(controller) {
      const line = rest + decoder.decode();
      if (line.trim() === '') return;
      assertJson(line, 'llm.interrupted');
      controller.enqueue(encoder.encode(`${line}\n`));
    },
  });
};

/**
 * A fetch for the Ollama client, which writes what it does not understand to the console: an error status, a line that is
 * no JSON and one that breaks off are thrown as AppError before the client sees them.
 */
export function checkedFetch(fetch: typeof globalThis.fetch): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.ok) {
      await response.body?.cancel();
      const { code, publicMessage, retryAfterMs } = statusFailure(response.status, response.headers);
      throw new AppError(code, { publicMessage, retryAfterMs });
    }
    if (response.body === null) throw new AppError('llm.nonsense');
    const { status, headers } = response;
    return new Response(response.body.pipeThrough(jsonLines()), { status, headers });
  };
}
