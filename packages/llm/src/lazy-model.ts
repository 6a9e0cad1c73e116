import type { EventStream, NamedModelConfig, Provider, ProviderDeps, ProviderModel } from './contract.js';

/** A provider's model whose code and SDK are loaded when it is first asked, so that starting costs nothing. */
export function lazyModel(provider: Provider, config: NamedModelConfig, deps: ProviderDeps): ProviderModel {
  let loading: Promise<ProviderModel> | undefined;
  const load = (): Promise<ProviderModel> => {
    loading ??= provider.load().then((module) => module.create(config, deps));
    // A file that could not be read this time may be readable the next.
    loading.catch(() => (loading = undefined));
    return loading;
  };
  return {
    name: config.name,
    async *stream(request, signal, pulse): EventStream {
      const model = await load();
      yield* model.stream(request, signal, pulse);
    },
  };
}
