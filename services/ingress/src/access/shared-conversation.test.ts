import type { Incoming } from '@queueclaw/channels';
import { ConversationId, parseChannelConversation } from '@queueclaw/contracts';
import { AccessConfig } from '@queueclaw/runtime';
import { expect, it } from 'vitest';
import { sharedConversation } from './shared-conversation.js';

const said = (conversation: string, person: string, place: Incoming['place']): Incoming => ({
  ...{ conversation, addressed: true },
  mail: { id: 'e1', text: 'x', from: { id: person }, route: { channel: 'slack' } },
  ...(place && { place }),
});
const group = { kind: 'group', id: 'C7' } as const;
const by = (conversation: 'group' | 'thread' | 'person', incoming: Incoming): string =>
  sharedConversation(incoming, AccessConfig.parse({ conversation }));

it('a group shares one conversation, or each thread of it, or nobody shares', () => {
  const inThread = said('slack.main.C7.1~2e2', 'U1', group);
  expect(by('thread', inThread)).toBe('slack.main.C7.1~2e2');
  expect(by('group', inThread)).toBe('slack.main.C7');
  expect(by('person', inThread)).toBe('slack.main.C7.~40U1');
  expect(by('person', said('slack.main.C7', 'U2', group))).toBe('slack.main.C7.~40U2');
});

it('alone with the bot nothing changes', () => {
  const alone = said('slack.main.D5', 'U1', { kind: 'direct', id: 'D5' });
  expect(by('person', alone)).toBe('slack.main.D5');
});

it('one group may be shared otherwise than the rest', () => {
  const access = AccessConfig.parse({ per_group: { C7: { conversation: 'person' } } });
  expect(sharedConversation(said('slack.main.C7', 'U1', group), access)).toBe('slack.main.C7.~40U1');
  expect(sharedConversation(said('slack.main.C8', 'U1', { ...group, id: 'C8' }), access)).toBe('slack.main.C8');
});

it('every id of a person makes an id of a conversation, and another one for everybody', () => {
  const ids = ['a/b c', 'room@conference.example/Ada', '你好', 'x'.repeat(256), 'x'.repeat(255)];
  const made = ids.map((id) => by('person', said('xmpp.main.room~40conference', id, group)));
  for (const one of made) expect(ConversationId.safeParse(one).success && parseChannelConversation(one)).toBeTruthy();
  expect(new Set(made).size).toBe(ids.length);
});
