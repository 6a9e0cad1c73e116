import { AppError } from '@queueclaw/contracts';
import { nearest, type Config } from '@queueclaw/runtime/settings';
import type { NamedModelConfig, Provider } from './contract.js';
import { findProvider, providers } from './registry.js';

/** A model's settings and who provides it. */
export type ResolvedModel = { readonly config: NamedModelConfig; readonly provider: Provider };

const unknown = (what: string, name: string, known: readonly string[]): AppError => {
  const meant = nearest(name, known);
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
  return new AppError('config.invalid', { publicMessage: `There is no ${what} ${name.slice(0, 128)}; ${hint}` });
};

/**
 * What a model's name stands for: a name of `llm.models`, `<provider>/<model>`, or a provider alone (its default model).
 * @throws AppError `config.invalid` that names the nearest known name
 */
export function resolveModel(name: string, models: Config['llm']['models']): ResolvedModel {
  const names = providers.map((provider) => provider.name);
  const configured = Object.hasOwn(models, name) ? models[name] : undefined;
  if (configured !== undefined) {
    const provider = findProvider(configured.provider);
    if (provider === undefined) throw unknown(`provider for the model ${name}:`, configured.provider, names);
    return { config: { ...configured, name }, provider };
  }
  const slash = name.indexOf('/');
  const provider = findProvider(slash === -1 ? name : name.slice(0, slash));
  const model = slash === -1 ? undefined : name.slice(slash + 1);
  if (provider === undefined || model === '')
    throw unknown('model', name, [...Object.keys(models), ...names, ...(slash === -1 ? ['<provider>/<model>'] : [])]);
  return { config: { name, provider: provider.name, model }, provider };
}

/** Whether there is a model of this name. */
export function isModel(name: string, models: Config['llm']['models']): boolean {
  try {
    return resolveModel(name, models).config.name === name;
  } catch {
    return false;
  }
}
