import type { Provider } from './contract.js';

const openai: Provider['load'] = () => import('./openai/index.js');

/** Vendors whose servers speak Chat Completions: an address, a key, and what they do differently. */
const presets: readonly Provider[] = [
  preset('deepseek', 'DEEPSEEK_API_KEY', 'https://api.deepseek.com/v1', { vision: false }),
  preset('moonshot', 'MOONSHOT_API_KEY', 'https://api.moonshot.cn/v1', { vision: false }),
  preset('baichuan', 'BAICHUAN_API_KEY', 'https://api.baichuan-ai.com/v1', { vision: false }),
  preset('qwen', 'DASHSCOPE_API_KEY', 'https://dashscope.aliyuncs.com/compatible-mode/v1', { vision: false }),
  preset('openrouter', 'OPENROUTER_API_KEY', 'https://openrouter.ai/api/v1', { vision: true }),
];

/** Every provider: one folder, one line. */
export const providers: readonly Provider[] = [
  {
    name: 'anthropic',
    keyVariable: 'ANTHROPIC_API_KEY',
    urlVariable: 'ANTHROPIC_BASE_URL',
    vision: true,
    load: () => import('./anthropic/index.js'),
  },
  { name: 'openai', keyVariable: 'OPENAI_API_KEY', urlVariable: 'OPENAI_BASE_URL', vision: true, load: openai },
  ...presets,
  { name: 'ollama', vision: false, load: () => import('./ollama/index.js') },
  { name: 'demo', vision: false, local: true, load: () => import('./demo/index.js') },
  { name: 'scripted', vision: true, local: true, load: () => import('./scripted/index.js') },
];

function preset(
  name: string,
  keyVariable: string,
  baseUrl: string,
  differs: Pick<Provider, 'vision' | 'maxTokensField'>,
): Provider {
  const urlVariable = keyVariable.replace('_API_KEY', '_BASE_URL');
  return { name, keyVariable, urlVariable, baseUrl, ...differs, load: openai };
}

/** The provider of this name; undefined when there is none. */
export function findProvider(name: string): Provider | undefined {
  return providers.find((provider) => provider.name === name);
}
