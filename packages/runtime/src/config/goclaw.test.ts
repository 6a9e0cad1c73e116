import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readConfig } from './load.js';
import { formatProblem } from './problem.js';

const path = fileURLToPath(new URL('fixtures/goclaw.yaml', import.meta.url));
const token = 'a-token-of-32-characters-or-more';
const keys = { ANTHROPIC_API_KEY: 'sk-ant-test-key-1', OPENAI_API_KEY: 'sk-test-key-2' };
const read = (env: Record<string, string>): ReturnType<typeof readConfig> => readConfig({ path, env, cwd: '/' });

test('a GoClaw file on 0.0.0.0 without a token is refused with the one line to add', () => {
  const reading = read({ ...keys, TELEGRAM_BOT_TOKEN: '1:a', DISCORD_BOT_TOKEN: 'b' });
  expect(reading.ok).toBe(false);
  const lines = reading.ok ? [] : reading.problems.map(formatProblem);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('goclaw.yaml:3: server.host: 0.0.0.0 is reachable from other machines');
  expect(lines[0]).toContain('tokens: [{ token: "${QUEUECLAW_TOKEN}" }]');
});

test('a GoClaw file loads once a token is given, and what it names in its own words is understood', () => {
  const reading = read({ ...keys, TELEGRAM_BOT_TOKEN: '1:a', DISCORD_BOT_TOKEN: 'b', QUEUECLAW_TOKEN: token });
  if (!reading.ok) throw new Error(reading.problems.map(formatProblem).join('\n'));
  expect(reading.config.server).toMatchObject({
    host: '0.0.0.0',
    port: 8080,
    read_timeout: 30_000,
    write_timeout: 30_000,
  });
  expect(reading.config.llm.models['claude']?.api_key).toBe('sk-ant-test-key-1');
  expect(reading.config.tools).toMatchObject({
    enable_dangerous: false,
    timeout: 60_000,
    allowed_commands: ['ls', 'cat', 'git'],
  });
  expect(reading.config.channels.map(({ name, enable }) => [name, enable])).toEqual([
    ['telegram', true],
    ['discord', true],
  ]);
  expect(reading.config.channels[0]?.config).toEqual({ token: '1:a' });
});

test('state.path and state.auto_save load with a warning that names the replacement', () => {
  const reading = read({ ...keys, TELEGRAM_BOT_TOKEN: '1:a', DISCORD_BOT_TOKEN: 'b', QUEUECLAW_TOKEN: token });
  const warnings = reading.ok ? reading.warnings : [];
  expect(warnings).toHaveLength(4);
  expect(warnings[0]).toMatch(/^goclaw\.yaml:39: state\.path is ignored: .*state\.home/);
  expect(warnings[1]).toMatch(/^goclaw\.yaml:40: state\.auto_save is ignored: .*state\.retention/);
  for (const warning of warnings.slice(2)) expect(warning).toContain('nobody can approve them');
});

test('a channel without its credentials is named and left off, the others stay', () => {
  const reading = read({ ...keys, TELEGRAM_BOT_TOKEN: '1:a', QUEUECLAW_TOKEN: token });
  if (!reading.ok) throw new Error(reading.problems.map(formatProblem).join('\n'));
  expect(reading.config.channels.map(({ name, enable }) => [name, enable])).toEqual([
    ['telegram', true],
    ['discord', false],
  ]);
  expect(reading.warnings).toContain('goclaw.yaml:25: channel discord is left off: DISCORD_BOT_TOKEN is not set');
});

test('a model nobody chose is left out when its key is missing; the chosen one is an error', () => {
  const rest = { TELEGRAM_BOT_TOKEN: '1:a', DISCORD_BOT_TOKEN: 'b', QUEUECLAW_TOKEN: token };
  const without = read({ ...rest, ANTHROPIC_API_KEY: 'sk-ant-test-key-1' });
  if (!without.ok) throw new Error(without.problems.map(formatProblem).join('\n'));
  expect(Object.keys(without.config.llm.models)).toEqual(['claude']);
  expect(without.warnings).toContain('goclaw.yaml:15: model openai is left out: OPENAI_API_KEY is not set');

  const chosen = read({ ...rest, OPENAI_API_KEY: 'sk-test-key-2' });
  const lines = chosen.ok ? [] : chosen.problems.map(formatProblem);
  expect(lines).toEqual([
    'goclaw.yaml:14: llm.models.claude.api_key: the environment variable ANTHROPIC_API_KEY is not set; set it, or write ${ANTHROPIC_API_KEY:-default}',
  ]);
});
