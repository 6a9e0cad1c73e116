import type { Provider } from './contract.js';

/** Every provider: one folder, one line. */
export const providers: readonly Provider[] = [
  {
    name: 'anthropic',
    keyVariable: 'ANTHROPIC_API_KEY',
    urlVariable: 'ANTHROPIC_BASE_URL',
    load: () => import('./anthropic/index.js'),
  },
  {
    name: 'openai',
    keyVariable: 'OPENAI_API_KEY',
    urlVariable: 'OPENAI_BASE_URL',
    load: () => import('./openai/index.js'),
  },
  { name: 'ollama', load: () => import('./ollama/index.js') },
  { name: 'demo', load: () => import('./demo/index.js') },
  { name: 'scripted', load: () => import('./scripted/index.js') },
];

/** The provider of this name; undefined when there is none. */
export function findProvider(name: string): Provider | undefined {
  return providers.find((provider) => provider.name === name);
}
