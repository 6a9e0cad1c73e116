import { Config } from '@queueclaw/runtime/settings';
import { expect, test } from 'vitest';
import { nameChecks } from './name-checks.js';

const found = (given: Parameters<typeof Config.parse>[0]): { at: string; message: string; warning: boolean }[] =>
  nameChecks
    .flatMap((check) => check(Config.parse(given)))
    .map(({ path, message, warning }) => ({ at: path.join('.'), message, warning: warning === true }));

test('names of models, tools and channels are checked, with the one that was meant', () => {
  const all = found({
    llm: { default: 'dmeo' },
    channels: [{ name: 'telegrm' }, { name: 'nothing', enable: false }],
    agents: { default: { tools: ['shel', 'read_file'] } },
  });
  expect(all).toEqual([
    { at: 'llm.default', message: expect.stringContaining('did you mean demo?'), warning: false },
    { at: 'channels.0.name', message: expect.stringContaining('did you mean telegram?'), warning: true },
    { at: 'agents.default.tools.0', message: expect.stringContaining('did you mean shell?'), warning: true },
  ]);
});

test('a channel with settings that are missing or wrong is named with each of them', () => {
  const all = found({ channels: [{ name: 'telegram', config: { tokn: '1:a' } }] });
  expect(all.length).toBeGreaterThan(0);
  for (const { at, message, warning } of all) {
    expect(at).toMatch(/^channels\.0\.config/);
    expect(message).toMatch(/^channel telegram is left off: /);
    expect(warning).toBe(true);
  }
});

test('a configuration whose names are known has nothing to say', () => {
  expect(found({ agents: { default: { tools: ['shell'], model: 'demo' } }, channels: [{ name: 'web' }] })).toEqual([]);
});
