import Anthropic from '@anthropic-ai/sdk';
import type { EventStream, NamedModelConfig, ProviderDeps, ProviderModel } from '../contract.js';
import { modelOf } from '../default-models.js';
import { failed } from '../failure.js';
import { trackProgress } from '../progress.js';
import { watchedFetch } from '../watched-fetch.js';
import { failureOf } from './failure-of.js';
import { messagesRequest } from './request.js';
import { readMessages } from './stream.js';

const officialUrl = 'https://api.anthropic.com';
/** Our own time-outs end a request; the SDK's must not do it before them. */
const patient = 2 * 3_600_000;

/** Claude by the Messages API, or a server that speaks it under `base_url`. */
export function create(config: NamedModelConfig, deps: ProviderDeps): ProviderModel {
  const model = modelOf(config.provider, config.model) ?? config.name;
  return {
    name: config.name,
    async *stream(request, signal, outer): EventStream {
      const { progress, pulse } = trackProgress(model, outer);
      const maxTokens = Math.min(request.maxOutputTokens, config.max_output_tokens ?? Number.POSITIVE_INFINITY);
      try {
        const client = new Anthropic({
          apiKey: config.api_key ?? 'none',
          baseURL: config.base_url ?? officialUrl,
          webhookKey: null,
          fetch: watchedFetch(deps.fetch, pulse),
          maxRetries: 0,
          timeout: patient,
          logLevel: 'off',
          openTelemetry: false,
        });
        const events = await client.messages.create(messagesRequest(request, model, maxTokens), { signal });
        yield* readMessages(events, progress);
      } catch (thrown) {
        yield failed(failureOf(thrown, progress.answered), progress.usage);
      }
    },
  };
}
