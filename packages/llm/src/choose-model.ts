import type { Config } from '@queueclaw/runtime';
import { modelOf } from './default-models.js';
import { given, type Environment } from './endpoint.js';
import { findToolModel, ollamaUrl } from './ollama/detect.js';
import { providers } from './registry.js';

export type Choice = {
  /** A name of `llm.models`, a provider, or `<provider>/<model>`. */
  readonly name: string;
  /** For people: why this one, as a sentence without its full stop. */
  readonly why: string;
};

/**
 * Which model answers when an agent names none: the configuration's, else the first vendor (with a default model) whose key
 * is in the environment, else the first model of a local Ollama that can call tools, else the demo model. Never throws; asks the network only when
 * nothing is configured and no key is set, for at most 300 ms.
 */
export async function chooseModel(
  llm: Config['llm'],
  env: Environment,
  fetch: typeof globalThis.fetch,
): Promise<Choice> {
  if (llm.default !== undefined) {
    const forced = given(env['QUEUECLAW_MODEL']) === llm.default;
    return { name: llm.default, why: forced ? 'QUEUECLAW_MODEL is set' : 'llm.default of the configuration says so' };
  }
  const first = Object.keys(llm.models)[0];
  if (first !== undefined) return { name: first, why: 'it is the first of llm.models in the configuration' };
  for (const { name, keyVariable } of providers) {
    if (keyVariable === undefined || given(env[keyVariable]) === undefined) continue;
    const model = modelOf(name);
    if (model !== undefined) return { name: `${name}/${model}`, why: `${keyVariable} is set` };
  }
  const local = await findToolModel(fetch);
  if (local !== undefined) return { name: `ollama/${local}`, why: `Ollama answers at ${ollamaUrl} and has it` };
  return { name: 'demo', why: 'no model is configured, no key is set, and no Ollama answers' };
}
