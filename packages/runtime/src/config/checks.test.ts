import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConfigCheck } from './checks.js';
import { type ConfigReading, readConfig } from './load.js';
import { formatProblem } from './problem.js';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'qc-checks-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

/** A check as another package would bring it. */
const knownChannels: ConfigCheck = ({ channels }) =>
  channels.flatMap(({ name }, at) =>
    name === 'telegram' ? [] : [{ path: ['channels', at, 'name'], message: `no channel ${name}`, warning: true }],
  );
const read = (text: string): ConfigReading => {
  writeFileSync(join(cwd, 'queueclaw.yaml'), text);
  return readConfig({ env: {}, cwd, checks: [knownChannels] });
};
const problems = (text: string): string[] => {
  const reading = read(text);
  return reading.ok ? [] : reading.problems.map(formatProblem);
};

test('rules between values are checked beside what is wrong already: everything is said at once', () => {
  const found = problems(
    'server:\n  host: 0.0.0.0\n  prot: 80\nlimits:\n  steps: 0\nagents:\n  a: { timezone: Mars }\n',
  );
  expect(found).toHaveLength(4);
  expect(found.join('\n')).toMatch(/:3: server\.prot: unknown key/);
  expect(found.join('\n')).toMatch(/:2: server\.host: 0\.0\.0\.0 is reachable/);
  expect(found.join('\n')).toMatch(/:5: limits\.steps/);
  expect(found.join('\n')).toMatch(/:7: agents\.a\.timezone: must be an IANA/);
});

test('a token that is wrong is not also a token that is missing', () => {
  const found = problems('server: { host: 0.0.0.0, tokens: [{ token: short }] }');
  expect(found).toHaveLength(1);
  expect(found[0]).toContain('server.tokens[0].token');
});

test('what other packages know is checked too; a warning stops nothing', () => {
  const reading = read('channels:\n  - { name: telegrm, access: { direct: open } }\n');
  expect(reading).toMatchObject({ ok: true, warnings: ['queueclaw.yaml:2: channels[0].name: no channel telegrm'] });
});

test('a finding names its line also when items before it are not valid', () => {
  const found = problems('channels:\n  - { nam: x }\n  - { name: telegram, agent: nobody }\n');
  expect(found.join('\n')).toContain('queueclaw.yaml:3: channels[1].agent: there is no such agent');
});

test('codes that nobody can approve are warned of', () => {
  const warnings = (text: string): string[] => {
    const reading = read(text);
    return reading.ok ? reading.warnings : ['not valid'];
  };
  const telegram = 'channels:\n  - { name: telegram }\n';
  expect(warnings(telegram)).toEqual([expect.stringMatching(/^queueclaw\.yaml:2: channels\[0\]: nobody may write/)]);
  expect(warnings('channels: [{ name: web }]').filter((text) => text.includes('nobody may write'))).toEqual([]);
  const operators = 'console: { operators: [{ name: a, token: an-operator-token-of-16 }] }\n';
  expect(warnings(telegram + operators)).toEqual([]);
  for (const more of ['access: { allow: [1] }', 'access: { direct: off }', 'enable: false'])
    expect(warnings(`channels:\n  - { name: telegram, ${more} }\n`)).toEqual([]);
});
