import type { Config } from '@queueclaw/runtime';
import { resolveModel } from './resolve-model.js';

/** The windows of the models that a provider usually serves, in tokens. What is not here is taken for `usual`. */
const windows: Readonly<Record<string, number>> = {
  anthropic: 200_000,
  openai: 128_000,
  deepseek: 64_000,
  moonshot: 128_000,
  baichuan: 32_000,
  qwen: 128_000,
  openrouter: 128_000,
  ollama: 16_000,
};
const usual = 128_000;

/**
 * How many tokens a model's request and answer may have together: `context_tokens` of the configuration, else what the
 * provider's models usually have.
 * @throws AppError `config.invalid` when there is no such model
 */
export function contextTokensOf(name: string, models: Config['llm']['models']): number {
  const { config, provider } = resolveModel(name, models);
  return config.context_tokens ?? windows[provider.name] ?? usual;
}
