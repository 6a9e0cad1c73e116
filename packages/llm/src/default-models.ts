/**
 * The model of each provider when the configuration names none. The only place that knows vendors' model names. A vendor
 * without a name that stays has none here.
 */
const defaultModels: Readonly<Record<string, string>> = {
  anthropic: 'claude-sonnet-5-5',
  openai: 'gpt-6.1-terra',
  deepseek: 'deepseek-chat',
  qwen: 'qwen-plus',
  openrouter: 'openrouter/auto',
  ollama: 'qwen3',
  demo: 'demo',
  scripted: 'scripted',
};

/** The vendor's name of the model to use for a provider: the configured one, else the provider's default, if it has one. */
export function modelOf(provider: string, configured?: string): string | undefined {
  return configured ?? defaultModels[provider];
}
