import { AppError, type ModelFailure } from '@queueclaw/contracts';
import { Ollama } from 'ollama';
import type { EventStream, NamedModelConfig, ProviderDeps, ProviderModel } from '../contract.js';
import { modelOf } from '../default-models.js';
import { failed, failure } from '../failure.js';
import { isNetworkError, networkFailure } from '../http-failure.js';
import { type Progress, trackProgress } from '../progress.js';
import { watchedFetch } from '../watched-fetch.js';
import { checkedFetch } from './checked-fetch.js';
import { ollamaUrl } from './detect.js';
import { ollamaRequest } from './request.js';
import { readOllama } from './stream.js';

const cutMessage = 'Did not receive done or success response in stream.';

const failureOf = (thrown: unknown, { answered, events }: Progress): ModelFailure => {
  if (thrown instanceof AppError) return failure(thrown.code, thrown.publicMessage, thrown.retryAfterMs);
  if (isNetworkError(thrown)) return networkFailure(thrown, answered);
  if (thrown instanceof Error && thrown.message === cutMessage && events > 0) return failure('llm.interrupted');
  // An `error` line in the stream: the runner of the model has failed.
  return failure(answered && events > 0 ? 'llm.unavailable' : 'llm.nonsense');
};

/** A model of an Ollama server, the local one unless `base_url` says otherwise. */
export function create(config: NamedModelConfig, deps: ProviderDeps): ProviderModel {
  const model = modelOf(config.provider, config.model) ?? config.name;
  const host = config.base_url ?? ollamaUrl;
  return {
    name: config.name,
    async *stream(request, signal, outer): EventStream {
      const { progress, pulse } = trackProgress(model, outer);
      const maxTokens = Math.min(request.maxOutputTokens, config.max_output_tokens ?? Number.POSITIVE_INFINITY);
      // Ollama answers with headers only when the model is loaded: what is waited for is its first event.
      outer.connected();
      try {
        const headers: Record<string, string> =
          config.api_key === undefined ? {} : { Authorization: `Bearer ${config.api_key}` };
        const client = new Ollama({ host, headers, fetch: checkedFetch(watchedFetch(deps.fetch, pulse, signal)) });
        const parts = await client.chat(ollamaRequest(request, model, maxTokens, config.context_tokens));
        yield* readOllama(parts, progress);
      } catch (thrown) {
        yield failed(failureOf(thrown, progress), progress.usage);
      }
    },
  };
}
