import type { Incoming } from '@queueclaw/channels';
import { channelConversation, parseChannelConversation } from '@queueclaw/contracts';
import type { AccessConfig } from '@queueclaw/runtime';
import { hash } from 'node:crypto';
import { groupSettings } from './group-settings.js';

const personCharsMax = 40;

/** A person as a part of a conversation's id; threads' ids do not begin like this. */
const partOf = (person: string): string =>
  `@${/^[A-Za-z0-9_-]+$/.test(person) && person.length <= personCharsMax ? person : hash('sha256', person).slice(0, 32)}`;

/** The conversation that a message belongs to: in groups it is shared by all, by a thread, or by nobody. */
export function sharedConversation({ conversation, place, mail }: Incoming, access: AccessConfig): string {
  const peer = parseChannelConversation(conversation);
  if (place?.kind !== 'group' || peer === undefined) return conversation;
  const sharedBy = groupSettings(access, place)?.conversation ?? access.conversation;
  if (sharedBy === 'thread') return conversation;
  const { thread: _, ...group } = peer;
  return channelConversation(sharedBy === 'group' ? group : { ...group, thread: partOf(mail.from.id) });
}
