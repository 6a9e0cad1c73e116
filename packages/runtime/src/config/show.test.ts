import { expect, test } from 'vitest';
import { configJsonSchema, knownKeys } from './json-schema.js';
import { Config } from './schema.js';
import { collectSecrets } from './secrets.js';
import { showConfig } from './show.js';

const config = Config.parse({
  server: { tokens: [{ token: 'secret-of-the-server' }] },
  console: { operators: [{ token: 'secret-of-the-operator', name: 'ann' }] },
  llm: { models: { m: { provider: 'openai', api_key: 'sk-secret-of-the-model' } } },
  channels: [
    { name: 'telegram', config: { bot_token: 'secret-of-the-bot', chat: 'room', tokens: ['secret-in-a-list'] } },
  ],
  state: { redis: 'redis://user:secret-of%20redis@host:1/0' },
});

test('shows everything but secrets', () => {
  const shown = JSON.stringify(showConfig(config));
  expect(shown).not.toContain('secret');
  expect(shown).toContain('"chat":"room"');
  expect(shown).toContain('"name":"ann"');
  expect(shown).toContain('"tenant":"default"');
  expect(shown).toContain('redis://user:********@host:1/0');
});

test('knows the secrets of the configuration and of the environment, and takes no plain word for one', () => {
  const secrets = collectSecrets(config, {
    OPENAI_API_KEY: 'sk-from-the-environment',
    X_TOKEN: 'short',
    GIT_AUTHOR: 'somebody',
  });
  expect(secrets.sort()).toEqual(
    [
      'secret-in-a-list',
      'secret-of redis',
      'secret-of%20redis',
      'secret-of-the-bot',
      'secret-of-the-model'.replace('secret', 'sk-secret'),
      'secret-of-the-operator',
      'secret-of-the-server',
      'sk-from-the-environment',
    ].sort(),
  );
});

test('the JSON Schema lists the sections and allows a variable where a number is expected', () => {
  const schema = configJsonSchema();
  expect(schema).toMatchObject({
    additionalProperties: false,
    properties: {
      llm: { type: 'object' },
      server: { properties: { port: { anyOf: [{ type: 'integer' }, { type: 'string' }] }, read_timeout: {} } },
    },
  });
});

test('knows which keys may stand where', () => {
  expect(knownKeys(['llm', 'models', 'any'])).toContain('api_key');
  expect(knownKeys(['channels', 3])).toContain('enable');
  expect(knownKeys(['channels', 3, 'config'])).toEqual([]);
});
