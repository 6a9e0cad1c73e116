import OpenAI from 'openai';
import type { EventStream, NamedModelConfig, ProviderDeps, ProviderModel } from '../contract.js';
import { modelOf } from '../default-models.js';
import { failed } from '../failure.js';
import { trackProgress } from '../progress.js';
import { watchedFetch } from '../watched-fetch.js';
import { chatRequest } from './chat-request.js';
import { readChat } from './chat-stream.js';
import { failureOf } from './failure-of.js';
import { responsesRequest } from './responses-request.js';
import { readResponses } from './responses-stream.js';

const officialUrl = 'https://api.openai.com/v1';
/** Our own time-outs end a request; the SDK's must not do it before them. */
const patient = 2 * 3_600_000;

const isOfficial = (baseUrl: string): boolean => new URL(baseUrl).host === new URL(officialUrl).host;

/**
 * OpenAI by the Responses API, and every server that speaks Chat Completions under its `base_url` (DeepSeek, Moonshot,
 * Qwen, OpenRouter, vLLM, llama.cpp and others).
 */
export function create(config: NamedModelConfig, deps: ProviderDeps): ProviderModel {
  const baseURL = config.base_url ?? officialUrl;
  const official = isOfficial(baseURL);
  const model = modelOf(config.provider, config.model) ?? config.name;
  return {
    name: config.name,
    async *stream(request, signal, outer): EventStream {
      const { progress, pulse } = trackProgress(model, outer);
      const maxTokens = Math.min(request.maxOutputTokens, config.max_output_tokens ?? Number.POSITIVE_INFINITY);
      try {
        const client = new OpenAI({
          apiKey: config.api_key ?? 'none',
          baseURL,
          adminAPIKey: null,
          webhookSecret: null,
          // Another vendor has no business with the ids of an OpenAI account.
          ...(official ? {} : { organization: null, project: null }),
          fetch: watchedFetch(deps.fetch, pulse),
          maxRetries: 0,
          timeout: patient,
          logLevel: 'off',
        });
        if (official) {
          const events = await client.responses.create(responsesRequest(request, model, maxTokens), { signal });
          yield* readResponses(events, progress);
        } else {
          const chunks = await client.chat.completions.create(
            chatRequest(request, model, maxTokens, config.max_tokens_field),
            { signal },
          );
          yield* readChat(chunks, progress);
        }
      } catch (thrown) {
        yield failed(failureOf(thrown, progress.answered), progress.usage);
      }
    },
  };
}
