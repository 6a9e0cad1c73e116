/*
 * What is known about models before any of them is loaded: a door of its own, for programs that must be quick to start.
 */
import type { Config, ConfigCheck, Finding } from '@queueclaw/runtime/settings';
import { toAppError } from '@queueclaw/contracts';
import { urlProblem } from './endpoint.js';
import { modelOf } from './default-models.js';
import { providers } from './registry.js';
import { resolveModel } from './resolve-model.js';

export { type Choice, chooseModel } from './choose-model.js';

/** Vendors that answer as soon as their key is set. */
export const keyedProviders: readonly { readonly name: string; readonly keyVariable: string }[] = providers.flatMap(
  ({ name, keyVariable }) => (keyVariable === undefined || modelOf(name) === undefined ? [] : [{ name, keyVariable }]),
);

/** The vendor that answers for a model's name, and whether it has what it needs. */
export type ModelSummary = { readonly name: string; readonly provider: string; readonly model: string | undefined };

/** What a model's name stands for. @throws AppError config.invalid when there is none of this name */
export function describeModel(name: string, llm: Config['llm']): ModelSummary {
  const { config, provider } = resolveModel(name, llm.models);
  return { name, provider: provider.name, model: modelOf(provider.name, config.model) };
}

type Path = Finding['path'];

const nameProblem = (name: string | undefined, path: Path, models: Config['llm']['models']): Finding[] => {
  // A configured one is looked at where it is configured.
  if (name === undefined || Object.hasOwn(models, name)) return [];
  try {
    resolveModel(name, models);
    return [];
  } catch (thrown) {
    return [{ path, message: toAppError(thrown).publicMessage }];
  }
};

/** Names of models and providers that nobody knows, and addresses that are none. */
export const checkModels: ConfigCheck = ({ llm, agents }) => {
  const { models } = llm;
  const configured = Object.entries(models).flatMap(([name, { base_url: url }]): Finding[] => {
    const path = ['llm', 'models', name];
    const problem = url === undefined ? undefined : urlProblem(url);
    const address = problem === undefined ? [] : [{ path: [...path, 'base_url'], message: problem }];
    try {
      resolveModel(name, models);
      return address;
    } catch (thrown) {
      return [{ path: [...path, 'provider'], message: toAppError(thrown).publicMessage }, ...address];
    }
  });
  return [
    ...configured,
    ...nameProblem(llm.default, ['llm', 'default'], models),
    ...llm.fallbacks.flatMap((name, at) => nameProblem(name, ['llm', 'fallbacks', at], models)),
    ...Object.entries(agents).flatMap(([name, { model }]) => nameProblem(model, ['agents', name, 'model'], models)),
  ];
};
