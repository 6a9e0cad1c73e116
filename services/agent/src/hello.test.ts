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

it('costs at most 4 KB to say hello, with every tool there is', () => {
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
  expect(JSON.stringify(next.request).length).toBeLessThanOrEqual(4_096);
});
