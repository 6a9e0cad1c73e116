import { Config } from '@queueclaw/runtime/settings';
import { expect, test } from 'vitest';
import { checkModels, describeModel } from './names.js';

const found = (given: Parameters<typeof Config.parse>[0]): string[] =>
  checkModels(Config.parse(given)).map(({ path, message }) => `${path.join('.')}: ${message}`);

test('every name that nobody knows is found where it is written', () => {
  const all = found({
    llm: {
      default: 'cluade',
      models: { claude: { provider: 'antropic' }, local: { provider: 'openai', base_url: 'http://a:b@localhost/v1' } },
      fallbacks: ['demo', 'nonsense-of-mine'],
    },
    agents: { default: { model: 'claud' }, other: { model: 'openai/gpt-x' } },
  });
  expect(all).toEqual([
    expect.stringMatching(/^llm\.models\.claude\.provider: .*did you mean anthropic\?/),
    expect.stringMatching(/^llm\.models\.local\.base_url: must not hold a user or password/),
    expect.stringMatching(/^llm\.default: .*did you mean claude\?/),
    expect.stringMatching(/^llm\.fallbacks\.1: There is no model nonsense-of-mine; known are/),
    expect.stringMatching(/^agents\.default\.model: .*did you mean claude\?/),
  ]);
});

test('names of models, of providers and <provider>/<model> are known', () => {
  expect(found({ llm: { default: 'demo', fallbacks: ['ollama/qwen3'] }, agents: { a: { model: 'openai' } } })).toEqual(
    [],
  );
  const { llm } = Config.parse({ llm: { models: { mine: { provider: 'openai', model: 'small' } } } });
  expect(describeModel('mine', llm)).toEqual({ name: 'mine', provider: 'openai', model: 'small' });
  expect(describeModel('demo', llm)).toEqual({ name: 'demo', provider: 'demo', model: 'demo' });
});
