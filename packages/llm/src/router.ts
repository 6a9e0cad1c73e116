import { AppError, type Model, type ModelFailure } from '@queueclaw/contracts';
import type { Config, Logger } from '@queueclaw/runtime';
import { type Choice, chooseModel } from './choose-model.js';
import { type Environment, settleEndpoint } from './endpoint.js';
import { failed, wantsToBeLeftAlone } from './failure.js';
import { withFailOver } from './fail-over.js';
import { gated } from './gated.js';
import { type Attempt, guard } from './guard.js';
import { lazyModel } from './lazy-model.js';
import { metered } from './metered.js';
import { withPictures } from './pictures.js';
import { isModel, resolveModel } from './resolve-model.js';
import { withRetry } from './retry.js';
import type { Gate } from './shared/gate.js';
import { localGate } from './shared/local-gate.js';
import type { EventStream, Try } from './contract.js';

export type CreateModelsOptions = {
  readonly config: Config['llm'];
  /** The agents' models are checked at once. */
  readonly agents: Config['agents'];
  readonly env: Environment;
  readonly logger: Logger;
  /** What all agents know of the models; absent: what this process knows. */
  readonly gate?: Gate;
  /** For tests and proxies. */
  readonly fetch?: typeof fetch;
  /** From 0 to 1, for the jitter between tries. */
  readonly random?: () => number;
};

export type Models = {
  /** The model of agents that name none, and why it is that one. */
  readonly default: Choice;
  /**
   * The model of this name, or the default one; with time-outs, tries and fail-over. A model without a key answers every
   * request with `llm.auth`.
   * @throws AppError `config.invalid` when there is no such model
   */
  get(name?: string): Model;
  /** The configured names and the default's. */
  names(): string[];
};

/** A model that cannot be asked and says why. */
const brokenModel = (name: string, why: ModelFailure): Model => ({
  name,
  async *stream(): EventStream {
    yield failed(why);
  },
});

/**
 * Chooses the default model and makes every model of the configuration available. No provider's code is loaded and nothing
 * is connected before a model is first asked.
 * @throws AppError `config.invalid` when a model, provider, fallback or address in the configuration is not valid
 */
export async function createModels(options: CreateModelsOptions): Promise<Models> {
  const { config, agents, env, logger, fetch = globalThis.fetch, random = Math.random } = options;
  const { gate = localGate() } = options;
  const { total: totalMs } = config.timeouts;
  const now = (): number => performance.now();
  const alone = new Map<string, Model>();
  const made = new Map<string, Model>();

  const makeAlone = (name: string): Model => {
    const { config: model, provider } = resolveModel(name, config.models);
    const endpoint = settleEndpoint(model, provider, env);
    if (!endpoint.ok) {
      if (endpoint.failure.code !== 'config.invalid') return brokenModel(name, endpoint.failure);
      throw new AppError('config.invalid', { publicMessage: endpoint.failure.publicMessage });
    }
    const guarded = guard(lazyModel(provider, endpoint.config, { fetch, logger }), config.timeouts, logger);
    const vision = endpoint.config.vision === true;
    const seeing: Attempt = (request, signal, totalMs) => guarded(withPictures(request, vision), signal, totalMs);
    const paid = metered(seeing, name, config.prices[name]);
    const { rate, max_output_tokens: maxOutputTokens } = endpoint.config;
    const attempt: Try =
      provider.local === true && rate === undefined ? paid : gated(paid, { name, gate, rate, maxOutputTokens, now });
    const onRetry = ({ code }: ModelFailure, tries: number, delayMs: number): void =>
      logger.info({ model: name, code, tries, delayMs }, 'the model failed; trying again');
    return { name, stream: withRetry(attempt, { totalMs, now, random, onRetry }) };
  };
  const once = (names: Map<string, Model>, name: string, make: (name: string) => Model): Model => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const model = make(name);
    names.set(name, model);
    return model;
  };
  const getAlone = (name: string): Model => once(alone, name, makeAlone);
  const withFallbacks = (name: string): Model => {
    const others = config.fallbacks.filter((other) => other !== name).map(getAlone);
    return withFailOver([getAlone(name), ...others], {
      waitMsMax: totalMs,
      now,
      random,
      onFailOver: (from, to, why) =>
        wantsToBeLeftAlone(why)
          ? logger.info({ model: from, to, code: why.code }, 'the model is left alone; another one is asked')
          : logger.warn({ model: from, to, code: why.code }, 'the model failed; another one is asked'),
      onWait: ({ code }, waitMs) => logger.info({ model: name, code, waitMs }, 'no model may be asked now; waiting'),
    });
  };

  const choice = await chooseModel(config, env, fetch);
  const get = (name: string = choice.name): Model => once(made, name, withFallbacks);
  const names = new Set([...Object.keys(config.models), choice.name]);
  for (const name of names) get(name);
  for (const { model } of Object.values(agents)) if (model !== undefined) get(model);
  for (const name of Object.keys(config.prices)) {
    // A model may be left off because its key is not set: that is no reason to refuse the start.
    if (!isModel(name, config.models)) logger.warn({ model: name }, 'llm.prices names a model that does not exist');
  }
  return { default: choice, get, names: () => [...names] };
}
