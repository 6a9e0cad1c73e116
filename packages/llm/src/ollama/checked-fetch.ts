import { AppError } from '@queueclaw/contracts';
import { statusFailure } from '../http-failure.js';

const checkLine = (line: string): void => {
  if (line.trim() === '') return;
  try {
    JSON.parse(line);
  } catch (cause) {
    throw new AppError('llm.nonsense', { cause });
  }
};

const jsonLines = (): TransformStream<Uint8Array, Uint8Array> => {
  const decoder = new TextDecoder();
  let rest = '';
  const check = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(checkLine);
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      check(decoder.decode(chunk, { stream: true }));
      controller.enqueue(chunk);
    },
  });
};

/**
 * A fetch for the Ollama client, which writes what it does not understand to the console: an error status and a line that
 * is no JSON are thrown as AppError before the client sees them.
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
