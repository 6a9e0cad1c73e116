import { createScriptedModel, type Models } from '@queueclaw/llm';
import { Config } from '@queueclaw/runtime';
import { checkArgs } from '@queueclaw/tools';
import { begin } from '@queueclaw/turn';
import { expect, it } from 'vitest';
import { profilesFrom } from './profiles.js';

const models: Models = {
  default: { name: 'demo', why: 'a test' },
  get: () => createScriptedModel(() => ({ text: 'hello' })),
  names: () => ['demo'],
};

it('costs at most 1 KB to say hello, and 400 bytes for each tool there is', () => {
  const route = { channel: 'web' };
  const next = begin({
    ...{ now: Date.UTC(2026, 10, 23), tenant: 'default', conversation: 'c', turn: 1, journal: undefined },
    mail: [{ v: 1, kind: 'person', id: 'm', text: 'hello', from: { id: 'ada', name: 'Ada' }, route, at: 1 }],
    ...{
      control: [],
      results: [],
      history: [],
      from: 0,
      unread: 0,
      summary: undefined,
      preferences: {},
      compact: undefined,
      newTicket: () => 'ticket',
      checkArgs,
    },
    agent: profilesFrom(Config.parse({}), models)({ route }).agent,
  });
  if (next.do !== 'ask') throw new Error(next.do);
  expect(next.request.tools.length).toBeGreaterThanOrEqual(7);
  const { tools, ...rest } = next.request;
  expect(JSON.stringify(rest).length).toBeLessThanOrEqual(1_024);
  expect(JSON.stringify(tools).length / tools.length).toBeLessThanOrEqual(400);
});
