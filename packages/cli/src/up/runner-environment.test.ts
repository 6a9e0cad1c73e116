import { Config } from '@queueclaw/runtime/settings';
import { expect, test } from 'vitest';
import { redisSettings, socketUrl } from '../redis/redis-settings.js';
import { runnerConfig, runnerEnvironment } from './runner-environment.js';

const env = {
  PATH: '/bin',
  LANG: 'C.UTF-8',
  HOME: '/home/ann',
  ANTHROPIC_API_KEY: 'secret-1',
  QUEUECLAW_TOKEN: 'secret-2',
  QUEUECLAW_MAIL_KEY: 'secret-3',
  AWS_SECRET_ACCESS_KEY: 'secret-4',
  NODE_OPTIONS: '--require=/tmp/evil.js',
  REDIS_URL: 'redis://:secret-5@host',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
  OTEL_EXPORTER_OTLP_HEADERS: 'api-key=secret-6',
};

test('the tool-runner inherits no secret of the environment, and not the way to run other code', () => {
  const given = runnerEnvironment(env, { home: '/h', configFile: '/h/run/tool-runner.yaml', redisUrl: 'unix:///r' });
  expect(given).toEqual({
    PATH: '/bin',
    LANG: 'C.UTF-8',
    HOME: '/h',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    QUEUECLAW_HOME: '/h',
    QUEUECLAW_CONFIG: '/h/run/tool-runner.yaml',
    REDIS_URL: 'unix:///r',
  });
});

test("the tool-runner's configuration holds no secret, and is valid", () => {
  const config = Config.parse({
    server: { host: '0.0.0.0', tokens: [{ token: 'secret-of-the-server' }], shutdown_timeout: '5s' },
    console: { operators: [{ name: 'ann', token: 'secret-of-the-operator' }] },
    llm: { models: { m: { provider: 'openai', api_key: 'secret-of-the-model' } } },
    channels: [{ name: 'telegram', config: { token: 'secret-of-the-bot' } }],
    state: { redis: 'redis://:secret-of-redis@host', namespace: 'ns', shards: 3 },
    tools: { timeout: '90s', allowed_commands: ['ls'] },
  });
  const text = runnerConfig(config);
  expect(text).not.toContain('secret');
  expect(Config.parse(JSON.parse(text))).toMatchObject({
    server: { host: '127.0.0.1', shutdown_timeout: 5_000 },
    tools: { timeout: 90_000, allowed_commands: ['ls'] },
    state: { namespace: 'ns', shards: 3 },
    channels: [],
  });
});

test('the tool-runner gets its own key to the attachments, and not the one that writes them', () => {
  const blobs = { provider: 's3', bucket: 'b', access_key: 'secret-writer', secret_key: 'secret-of-the-writer' };
  const reader = { runner_access_key: 'reader', runner_secret_key: 'key-of-the-reader' };
  const given = (more: object): unknown => {
    const text = runnerConfig(Config.parse({ state: { blobs: { ...blobs, ...more } } }));
    expect(text).not.toContain('secret-');
    return Config.parse(JSON.parse(text)).state.blobs;
  };
  expect(given(reader)).toMatchObject({ bucket: 'b', access_key: 'reader', secret_key: 'key-of-the-reader' });
  expect(given({})).not.toHaveProperty('access_key');
});

test('the embedded Redis loses and evicts nothing and listens on its socket only', () => {
  const text = redisSettings({
    socket: '/h o/redis.sock',
    dataFolder: '/h"o/redis',
    maxmemoryBytes: 1024,
    space: { namespace: 'qc', shards: 1 },
    passwords: { default: 'p1', 'all-in-one': 'p2', 'tool-runner': 'p3' },
  });
  for (const line of [
    'port 0',
    'unixsocketperm 700',
    'appendonly yes',
    'appendfsync always',
    'maxmemory-policy noeviction',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toContain('unixsocket "/h o/redis.sock"');
  expect(text).toContain('dir "/h\\"o/redis"');
});

test('each process of the embedded Redis has a user of its own, the runner one for its queue and results alone', () => {
  const space = { namespace: 'qc', shards: 3 };
  const passwords = { default: 'p1', 'all-in-one': 'p2', 'tool-runner': 'p3' };
  const text = redisSettings({ socket: '/s', dataFolder: '/d', maxmemoryBytes: 1024, space, passwords });
  const users = text.split('\n').filter((line) => line.startsWith('user '));
  expect(users.map((line) => line.split(' ').slice(1, 4).join(' '))).toEqual([
    'default on >p1',
    'all-in-one on >p2',
    'tool-runner on >p3',
  ]);
  expect(users[2]?.match(/[%~&][^ )]+/g)).toEqual([
    '&{qc[0-9]}:control',
    '~{qc[0-9]}:tasks:*',
    '%R~{qc[0-9]}:forgotten',
    '%W~{qc[0-9]}:results',
  ]);
});

test('a socket in a folder with odd characters has a valid address', () => {
  const url = new URL(socketUrl('/tmp/a b/ü/redis.sock', 'tool-runner', 'pw'));
  expect([decodeURIComponent(url.pathname), url.username, url.password]).toEqual([
    '/tmp/a b/ü/redis.sock',
    'tool-runner',
    'pw',
  ]);
});
