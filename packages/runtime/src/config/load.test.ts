import { AppError } from '@queueclaw/contracts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig, readConfig, type ConfigReading } from './load.js';
import { formatProblem } from './problem.js';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qc-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const read = (text: string | Buffer, env: Record<string, string> = {}): ConfigReading => {
  writeFileSync(join(cwd, 'queueclaw.yaml'), text);
  return readConfig({ env, cwd });
};
const config = (text: string, env: Record<string, string> = {}) => {
  const reading = read(text, env);
  if (!reading.ok) throw new Error(reading.problems.map(formatProblem).join('\n'));
  return reading.config;
};
const problems = (text: string | Buffer, env: Record<string, string> = {}): string[] => {
  const reading = read(text, env);
  return reading.ok ? [] : reading.problems.map(formatProblem);
};
const token = 'a-token-of-32-characters-or-more';

test('without a file and without variables everything has a safe default', () => {
  const loaded = loadConfig({ env: {}, cwd });
  expect(loaded.source).toBeUndefined();
  expect(loaded.warnings).toEqual([]);
  expect(loaded.config.server).toMatchObject({ host: '127.0.0.1', port: 8080, tokens: [] });
  expect(loaded.config.console.port).toBe(3080);
  expect(loaded.config.state.maxmemory).toBe(512 * 1024 * 1024);
});

test('an empty file is as good as none', () => {
  expect(config('')).toEqual(loadConfig({ env: {}, cwd }).config);
  expect(config('# nothing\n').server.port).toBe(8080);
});

test('QUEUECLAW_CONFIG names the file, and a path that is not there is an error', () => {
  writeFileSync(join(cwd, 'other.yaml'), 'server: { port: 81 }');
  const loaded = loadConfig({ env: { QUEUECLAW_CONFIG: 'other.yaml' }, cwd });
  expect(loaded.config.server.port).toBe(81);
  expect(loaded.source).toBe(join(cwd, 'other.yaml'));
  expect(() => loadConfig({ env: { QUEUECLAW_CONFIG: 'missing.yaml' }, cwd })).toThrow(
    /missing\.yaml: there is no such file/,
  );
});

test('throws config.invalid that names every problem at once', () => {
  writeFileSync(join(cwd, 'queueclaw.yaml'), 'server:\n  prot: 1\nconsole: { port: 99999 }\nlimits: { steps: many }\n');
  let thrown: unknown;
  try {
    loadConfig({ env: {}, cwd });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AppError);
  expect(thrown).toMatchObject({ code: 'config.invalid' });
  const message = thrown instanceof AppError ? thrown.message : '';
  expect(message).toContain('queueclaw.yaml:2: server.prot: unknown key; did you mean port?');
  expect(message).toContain('queueclaw.yaml:3: console.port:');
  expect(message).toContain('queueclaw.yaml:4: limits.steps:');
});

test('an unknown key is refused with its line and the nearest known key', () => {
  expect(problems('serevr:\n  port: 1\n')).toEqual(['queueclaw.yaml:1: serevr: unknown key; did you mean server?']);
  expect(problems('llm:\n  models:\n    a:\n      provider: demo\n      apiKey: x\n')).toEqual([
    'queueclaw.yaml:5: llm.models.a.apiKey: unknown key; did you mean api_key?',
  ]);
  expect(problems('agents:\n  default:\n    zzzzzz: 1\n')[0]).toMatch(
    /^queueclaw\.yaml:3: .* known here: instructions, /,
  );
  expect(problems('channels:\n  - name: telegram\n    enabled: true\n')).toEqual([
    'queueclaw.yaml:3: channels[0].enabled: unknown key; did you mean enable?',
  ]);
});

test('the settings of a channel are its own business', () => {
  const { channels } = config('channels:\n  - name: telegram\n    config: { anything: { nested: [1, two] } }\n');
  expect(channels[0]?.config).toEqual({ anything: { nested: [1, 'two'] } });
});

test('durations and sizes are read with their units and refused outside their bounds', () => {
  const { server, state } = config('server: { read_timeout: 2m }\nstate: { maxmemory: 64MiB, retention: 7d }\n');
  expect([server.read_timeout, state.maxmemory, state.retention]).toEqual([120_000, 67_108_864, 604_800_000]);
  expect(problems('server: { read_timeout: 2h }')[0]).toContain('between 1s and 10m');
  expect(problems('state: { maxmemory: 64MB }')[0]).toContain('size like 64MiB');
});

test('${NAME} and ${NAME:-default} are replaced in values', () => {
  const text =
    'llm: { models: { m: { provider: openai, api_key: "${KEY}", base_url: "http://${HOST:-localhost}:${P:-1}/v1" } } }';
  expect(config(text, { KEY: 'k-12345678', P: '99' }).llm.models['m']).toEqual({
    provider: 'openai',
    api_key: 'k-12345678',
    base_url: 'http://localhost:99/v1',
  });
});

test('a replaced value is a number or a truth value where one is expected, and text where text is', () => {
  const text = 'server: { port: "${P}", tokens: [{ token: "${T}" }] }\ntools: { enable_dangerous: "${D:-true}" }';
  const { server, tools } = config(text, { P: '8123', T: '12345678901234567890' });
  expect(server.port).toBe(8123);
  expect(server.tokens[0]?.token).toBe('12345678901234567890');
  expect(tools.enable_dangerous).toBe(true);
  expect(problems('server: { port: "8123" }')[0]).toContain('queueclaw.yaml:1: server.port');
});

test('what a variable holds is not expanded again, and a doubled dollar keeps the mark', () => {
  const { agents } = config('agents: { default: { instructions: "${A} $${B} $5" } }', { A: '${C}', C: 'no' });
  expect(agents['default']?.instructions).toBe('${C} ${B} $5');
});

test('an unset variable is an error that names its line, an empty one counts as unset', () => {
  const message =
    'queueclaw.yaml:2: server.host: the environment variable H is not set; set it, or write ${H:-default}';
  expect(problems('server:\n  host: ${H}\n')).toEqual([message]);
  expect(problems('server:\n  host: ${H}\n', { H: '' })).toEqual([message]);
  expect(problems('server:\n  host: ${H\n')).toEqual(['queueclaw.yaml:2: server.host: a ${NAME} is not complete']);
});

test('an optional value that expands to nothing is not set', () => {
  expect(config('state: { redis: "${R:-}" }').state.redis).toBeUndefined();
});

test('a disabled channel needs no variables and causes no warning', () => {
  const reading = read('channels:\n  - { name: discord, enable: false, config: { token: "${DISCORD}" } }\n');
  expect(reading).toMatchObject({ ok: true, warnings: [] });
});

test('variables of the environment go over the file', () => {
  const text = 'server: { port: 1 }\nllm: { default: a, models: { a: { provider: demo }, b: { provider: demo } } }';
  const { server, console, state, llm, telemetry } = config(text, {
    PORT: '8081',
    CONSOLE_PORT: '3081',
    REDIS_URL: 'redis://other',
    QUEUECLAW_HOME: '/h',
    QUEUECLAW_MODEL: 'b',
    QUEUECLAW_NAMESPACE: 'ns',
    QUEUECLAW_HEALTH_PORT: '0',
    QUEUECLAW_LOG_LEVEL: 'debug',
  });
  expect([server.port, console.port, llm.default]).toEqual([8081, 3081, 'b']);
  expect(state).toMatchObject({ redis: 'redis://other', home: '/h', namespace: 'ns' });
  expect(telemetry).toMatchObject({ port: 0, log_level: 'debug' });
});

test('tokens of the environment are added to those of the file, once', () => {
  const text = `server: { tokens: [{ token: ${token}-1, tenant: acme }] }`;
  const { server, console } = config(text, { QUEUECLAW_TOKEN: token, QUEUECLAW_OPERATOR_TOKEN: `${token}-2` });
  expect(server.tokens.map(({ token: value, tenant }) => [value, tenant])).toEqual([
    [`${token}-1`, 'acme'],
    [token, 'default'],
  ]);
  expect(console.operators).toEqual([{ token: `${token}-2`, name: 'operator' }]);
  expect(config(text, { QUEUECLAW_TOKEN: `${token}-1` }).server.tokens).toHaveLength(1);
});

test('a wrong value from the environment names its variable and never its value', () => {
  expect(problems('', { PORT: 'eighty' })[0]).toMatch(/^environment variable PORT: server\.port: /);
  const short = problems('', { QUEUECLAW_TOKEN: 'short-secret' });
  expect(short[0]).toMatch(/^environment variable QUEUECLAW_TOKEN: server\.tokens\[0\]\.token: /);
  expect(short.join()).not.toContain('short-secret');
});

test('no problem repeats the value it is about', () => {
  const text =
    'server: { tokens: [{ token: hunter2 }] }\nllm: { models: { m: { provider: x, api_key: [sk-very-secret] } } }';
  const all = problems(text).join('\n');
  expect(all).not.toMatch(/hunter2|sk-very-secret/);
  expect(all).toContain('llm.models.m.api_key');
});

test('a server or console that other machines reach needs a token', () => {
  expect(problems('server: { host: 192.168.1.5 }')[0]).toContain('QUEUECLAW_TOKEN');
  expect(problems('console:\n  host: "::"\n')[0]).toContain('queueclaw.yaml:2: console.host: :: is reachable');
  expect(problems('server: { host: "::1" }')).toEqual([]);
  expect(problems('server: { host: localhost }')).toEqual([]);
  expect(problems('server: { host: 127.0.0.1.evil.example }')).toHaveLength(1);
});

test('a token that stands twice, an unknown time zone and an unknown agent are refused', () => {
  expect(problems(`server: { tokens: [{ token: ${token} }, { token: ${token} }] }`)[0]).toContain('twice');
  expect(problems('agents: { default: { timezone: Mars/Olympus } }')[0]).toContain('IANA');
  expect(problems('channels: [{ name: telegram, agent: nobody }]')[0]).toContain('no such agent');
});

test('what is not YAML, not UTF-8, not a map or too large is refused with its place', () => {
  expect(problems('server:\n  port: 1\n  port: 2\n')[0]).toMatch(/^queueclaw\.yaml:3: not valid YAML: .*unique/);
  expect(problems('server: {\n')[0]).toMatch(/^queueclaw\.yaml:\d+: not valid YAML/);
  expect(problems(Buffer.from([0x61, 0x3a, 0x20, 0xff]))[0]).toContain('not UTF-8');
  expect(problems('- 1\n')[0]).toContain('must be a map of sections');
  expect(problems(`# ${'x'.repeat(1024 * 1024)}`)[0]).toContain('1 MiB');
});

test('aliases work and a bomb of them is refused', () => {
  expect(
    config('x-nothing: &p 81\nserver: { port: *p }'.replace('x-nothing: &p 81\n', 'console: { port: &p 81 }\n')).server
      .port,
  ).toBe(81);
  const bomb = ['agents: { a: { tools: &a0 [x, x, x, x, x, x, x, x, x] } }'];
  for (let at = 1; at < 9; at += 1)
    bomb.push(
      `k${at}: &a${at} [${Array(9)
        .fill(`*a${at - 1}`)
        .join(', ')}]`,
    );
  expect(problems(bomb.join('\n'))[0]).toContain('aliases');
});

test('a key cannot reach the prototype', () => {
  const reading = read('__proto__: { polluted: 1 }\nserver: { __proto__: { port: 5 } }\n');
  expect(reading.ok).toBe(false);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});
