/** The model of each provider when the configuration names none. The only place that knows vendors' model names. */
const defaultModels: Readonly<Record<string, string>> = {
  anthropic: 'claude-sonnet-5-5',
  openai: 'gpt-6.1-terra',
  ollama: 'qwen3',
  demo: 'demo',
  scripted: 'scripted',
};

/** The vendor's name of the model to use for a provider: the configured one, else the provider's default. */
export function modelOf(provider: string, configured?: string): string {
  return configured ?? defaultModels[provider] ?? provider;
}
