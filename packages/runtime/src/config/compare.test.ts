import { expect, test } from 'vitest';
import { compareConfigs } from './compare.js';
import { Config } from './schema.js';

const before = Config.parse({
  agents: { default: { instructions: 'old' } },
  channels: [
    { name: 'telegram', enable: false, config: { token: 'secret' } },
    { name: 'discord', config: {} },
  ],
  tools: { allowed_commands: ['ls'] },
});
const compare = (next: Parameters<typeof Config.parse>[0]): ReturnType<typeof compareConfigs> =>
  compareConfigs(before, Config.parse(next));
const written = { agents: before.agents, channels: before.channels, tools: { allowed_commands: ['ls'] } };

test('the same configuration changes nothing', () => {
  expect(compare(written)).toEqual({ config: before, changed: [], restartNeeded: [] });
});

test('agents, models, tools and limits come into force, also what is gone', () => {
  const { config, changed, restartNeeded } = compare({
    channels: before.channels,
    agents: { default: { instructions: 'new' } },
    llm: { default: 'demo' },
    limits: { steps: 3 },
  });
  expect(changed).toEqual(
    ['agents.default.instructions', 'llm.default', 'tools.allowed_commands', 'limits.steps'].toSorted(
      (a, b) => changed.indexOf(a) - changed.indexOf(b),
    ),
  );
  expect(restartNeeded).toEqual([]);
  expect(config).toMatchObject({ agents: { default: { instructions: 'new' } }, limits: { steps: 3 } });
  expect(config.tools.allowed_commands).toBeUndefined();
});

test('everything else is named and stays as it was', () => {
  const { config, changed, restartNeeded } = compare({
    ...written,
    server: { port: 81 },
    state: { namespace: 'other' },
    limits: { tries: 2 },
  });
  expect(changed).toEqual(['limits.tries']);
  expect(restartNeeded).toEqual(['server.port', 'state.namespace']);
  expect(config.server.port).toBe(8080);
});

test('a channel is switched on and off; with other credentials only after a restart', () => {
  const [telegram, discord] = before.channels;
  const on = compare({ ...written, channels: [{ ...telegram, enable: true }, discord] });
  expect(on).toMatchObject({ changed: ['channels[0].enable'], restartNeeded: [] });
  expect(on.config.channels[0]?.enable).toBe(true);
  const other = compare({ ...written, channels: [{ ...telegram, enable: true, config: { token: 'other' } }, discord] });
  expect(other.changed).toEqual([]);
  expect(other.restartNeeded).toEqual(['channels[0].enable', 'channels[0].config.token']);
  const off = compare({ ...written, channels: [telegram, { ...discord, enable: false, tenant: 'acme' }] });
  expect(off.changed).toEqual(['channels[1].enable']);
  expect(off.restartNeeded).toEqual(['channels[1].tenant']);
});

test('who may talk to an account of a messaging app is changed at once', () => {
  const [telegram, discord] = before.channels;
  const access = { direct: 'open', allow: [4711] };
  const change = compare({ ...written, channels: [{ ...telegram, access }, discord] });
  expect(change).toMatchObject({
    restartNeeded: [],
    changed: ['channels[0].access.direct', 'channels[0].access.allow'],
  });
  expect(change.config.channels[0]?.access).toMatchObject({ direct: 'open', allow: ['4711'] });
});
