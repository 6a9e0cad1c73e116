import type { ModelFailure, Usage } from '@queueclaw/contracts';
import type { TranscribeConfig } from '@queueclaw/runtime';
import { type Environment, given, urlProblem } from './endpoint.js';
import { failure } from './failure.js';

/** Something that somebody spoke. */
export type Spoken = { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string };

export type Transcription =
  | { readonly ok: true; readonly text: string; readonly usage?: Usage }
  | { readonly ok: false; readonly failure: ModelFailure };

/** Writes down what was said. Never throws; aborted, it says `llm.aborted`. */
export type Transcriber = (spoken: Spoken, signal: AbortSignal) => Promise<Transcription>;

/** Where to ask, all settled. */
export type TranscribeEndpoint = Pick<TranscribeConfig, 'model' | 'language'> & {
  readonly baseUrl: string;
  readonly key: string | undefined;
};

const officialUrl = 'https://api.openai.com/v1';

/**
 * What listens to voice notes. Its code is loaded with the first one. The environment's key goes to OpenAI's own address only.
 */
export function createTranscriber(
  config: TranscribeConfig,
  env: Environment,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Transcriber {
  const { model, language, timeout } = config;
  const url = given(config.base_url);
  const key = given(config.api_key) ?? (url === undefined ? given(env['OPENAI_API_KEY']) : undefined);
  const problem = url === undefined ? undefined : urlProblem(url);
  if (problem !== undefined || (url === undefined && key === undefined)) {
    const note = problem === undefined ? 'has no key' : `has an address (base_url) that ${problem}`;
    const why = failure(problem === undefined ? 'llm.auth' : 'config.invalid', `What listens to voice notes ${note}.`);
    return async () => ({ ok: false, failure: why });
  }
  const endpoint: TranscribeEndpoint = { model, language, baseUrl: url ?? officialUrl, key };
  return async (spoken, signal) => {
    try {
      const { transcribe } = await import('./openai/transcribe.js');
      const late = AbortSignal.timeout(timeout);
      const told = await transcribe(endpoint, spoken, AbortSignal.any([signal, late]), fetch);
      const ended = !told.ok && told.failure.code === 'llm.aborted' && !signal.aborted && late.aborted;
      return ended ? { ok: false, failure: failure('llm.timeout') } : told;
    } catch {
      return { ok: false, failure: failure('llm.unavailable') };
    }
  };
}
