import type { ModelFailure } from '@queueclaw/contracts';
import type { NamedModelConfig, Provider } from './contract.js';
import { modelOf } from './default-models.js';
import { failure } from './failure.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Endpoint =
  | { readonly ok: true; readonly config: NamedModelConfig }
  | { readonly ok: false; readonly failure: ModelFailure };

/** A value that is set; an empty variable is not. */
export const given = (value: string | undefined): string | undefined => (value?.trim() ? value.trim() : undefined);

/** What is wrong with a model's address, as the end of a sentence; undefined: nothing. */
export function urlProblem(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return 'is not a URL';
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return 'must start with http:// or https://';
  if (parsed.username !== '' || parsed.password !== '') return 'must not hold a user or password; use api_key';
  if (parsed.search !== '' || parsed.hash !== '') return 'must not have a query or fragment';
  return undefined;
}

/**
 * A model's settings with the provider's defaults, and with key and address filled in from the environment. The
 * environment's key goes only to the vendor's own address or to the environment's, never to a `base_url` of the
 * configuration: that one brings its own `api_key`, or needs none.
 */
export function settleEndpoint(config: NamedModelConfig, provider: Provider, env: Environment): Endpoint {
  const { keyVariable, urlVariable, name: providerName } = provider;
  const invalid = (sentence: string): Endpoint => ({ ok: false, failure: failure('config.invalid', sentence) });
  const configuredUrl = given(config.base_url);
  const url = configuredUrl ?? given(urlVariable === undefined ? undefined : env[urlVariable]);
  const problem = url === undefined ? undefined : urlProblem(url);
  if (problem !== undefined) return invalid(`The address (base_url) of the model ${config.name} ${problem}.`);
  const model = modelOf(providerName, config.model);
  if (model === undefined)
    return invalid(`The model ${config.name} needs a name at its vendor: set model, or write ${providerName}/<model>.`);
  const envKey = keyVariable === undefined || configuredUrl !== undefined ? undefined : given(env[keyVariable]);
  const key = given(config.api_key) ?? envKey;
  if (key === undefined && keyVariable !== undefined && url === undefined) {
    const note = `The model ${config.name} (${providerName}) has no key: set ${keyVariable}, or api_key under llm.models.`;
    return { ok: false, failure: failure('llm.auth', note) };
  }
  return {
    ok: true,
    config: {
      ...config,
      model,
      base_url: url ?? provider.baseUrl,
      api_key: key,
      vision: config.vision ?? provider.vision,
      max_tokens_field: config.max_tokens_field ?? provider.maxTokensField,
    },
  };
}
