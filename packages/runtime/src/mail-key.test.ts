import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { homeFolder } from './home.js';
import { loadMailKey } from './mail-key.js';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'qc-home-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('makes a key once, readable by its owner only, and gives the same one again', () => {
  const folder = join(home, 'new');
  const key = loadMailKey({}, folder);
  expect(key.length).toBeGreaterThanOrEqual(43);
  expect(loadMailKey({}, folder)).toBe(key);
  expect(statSync(join(folder, 'mail.key')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('takes the key of the environment and writes none', () => {
  const key = 'k'.repeat(32);
  expect(loadMailKey({ QUEUECLAW_MAIL_KEY: key }, home)).toBe(key);
  expect(() => readFileSync(join(home, 'mail.key'))).toThrow();
});

test('refuses a key that is too short to be one', () => {
  expect(() => loadMailKey({ QUEUECLAW_MAIL_KEY: 'short' }, home)).toThrow(/at least 32/);
  writeFileSync(join(home, 'mail.key'), '\n');
  expect(() => loadMailKey({}, home)).toThrow(/at least 32/);
});

test('closes a key file that others could read', () => {
  writeFileSync(join(home, 'mail.key'), 'k'.repeat(40), { mode: 0o644 });
  loadMailKey({}, home);
  expect(statSync(join(home, 'mail.key')).mode & 0o777).toBe(0o600);
});

test('the home folder is the configured one, the variable, or a folder of the user', () => {
  expect(homeFolder('/a', { QUEUECLAW_HOME: '/b', HOME: '/u' })).toBe('/a');
  expect(homeFolder(undefined, { QUEUECLAW_HOME: '/b', HOME: '/u' })).toBe('/b');
  expect(homeFolder(undefined, { HOME: '/u' })).toBe('/u/.queueclaw');
  expect(homeFolder('~/claw', { HOME: '/u' })).toBe('/u/claw');
});
