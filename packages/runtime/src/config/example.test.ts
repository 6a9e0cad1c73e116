import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { configJsonSchema } from './json-schema.js';
import { type ConfigReading, readConfig } from './load.js';
import { isPlainObject } from './paths.js';
import { Config } from './schema.js';

const path = fileURLToPath(new URL('../../../../queueclaw.example.yaml', import.meta.url));
const text = readFileSync(path, 'utf8');

const readConfigText = (yaml: string, env: Record<string, string>): ConfigReading => {
  const cwd = mkdtempSync(join(tmpdir(), 'qc-example-'));
  try {
    writeFileSync(join(cwd, 'queueclaw.yaml'), yaml);
    return readConfig({ env, cwd });
  } finally {
    rmSync(cwd, { recursive: true });
  }
};

test('the example is valid and says exactly the defaults', () => {
  const reading = readConfig({ path, env: {}, cwd: '/' });
  expect(reading).toMatchObject({ ok: true, warnings: [] });
  expect(reading.ok ? reading.config : undefined).toEqual(Config.parse({}));
});

test('what the example shows in comments is valid too', () => {
  // A commented block replaces the empty value before it.
  const shown = text
    .replaceAll(/^( *)(\w+): (\[\]|\{\})[^\n]*\n(?=\1# \2:)/gm, '')
    .replaceAll(/^(\s*)# (?=( *- |  )|\w+:)/gm, '$1');
  const env = Object.fromEntries(
    ['QUEUECLAW_TOKEN', 'QUEUECLAW_OPERATOR_TOKEN', 'ANTHROPIC_API_KEY', 'TELEGRAM_BOT_TOKEN'].map((name) => [
      name,
      'x'.repeat(20),
    ]),
  );
  const lines = shown.split('\n').filter((line) => !line.startsWith('# yaml-language'));
  const header = lines.findIndex((line) => line.startsWith('server:'));
  const file = readConfigText(lines.slice(header).join('\n'), env);
  expect(file.ok ? [] : file.problems).toEqual([]);
  if (!file.ok) return;
  // A reload parses what was parsed before.
  expect(Config.parse(file.config)).toEqual(file.config);
  expect(file.config.server.tokens).toHaveLength(1);
  expect(Object.keys(file.config.llm.models)).toEqual(['claude', 'local', 'rehearsal']);
  expect(file.config.agents['default']?.queue_mode).toBe('collect');
  expect(file.config.channels[0]?.name).toBe('telegram');
});

test('the example names every key there is', () => {
  const keys = new Set<string>();
  const collect = (schema: unknown): void => {
    if (Array.isArray(schema)) return schema.forEach(collect);
    if (!isPlainObject(schema)) return;
    if (isPlainObject(schema['properties'])) for (const key of Object.keys(schema['properties'])) keys.add(key);
    Object.values(schema).forEach(collect);
  };
  collect(configJsonSchema());
  expect(keys.size).toBeGreaterThan(40);
  expect([...keys].filter((key) => !new RegExp(`\\b${key}:`).test(text))).toEqual([]);
});
