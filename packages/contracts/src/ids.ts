import { z } from 'zod';
import { AppError } from './errors.js';

/** `.` and `..` would be taken for folders in an address. */
const idPattern = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$/;
const idRule = 'must be 1 to 128 of A-Z a-z 0-9 . _ ~ -, and not . or ..';

/**
 * A conversation's public name. Chosen by an HTTP or WebSocket client, or made by `channelConversation` for a
 * messaging app.
 */
export const ConversationId = z.string().regex(idPattern, idRule);

/** A message's id: the client's, the platform's event id, or ours (`newId`). */
export const MessageId = z.string().regex(idPattern, idRule);

/** A tenant's name. Decided by the token or the channel's configuration, never by the client. */
export const TenantId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 -');

/** A tool call's id inside its conversation: `<turn>.<step>.<n>`, counted from 1. It is also the tool's idempotence key. */
export const CallId = z.string().regex(/^[0-9]{1,9}\.[0-9]{1,4}\.[0-9]{1,3}$/);

/** The actor that a mailbox belongs to. */
export type ActorAddress = { readonly tenant: string; readonly conversation: string };

/** One part of an id: everything but letters, digits, `_` and `-` as `~` and two hexadecimal digits a byte. */
export const escapePart = (part: string): string =>
  /^[A-Za-z0-9_-]*$/.test(part)
    ? part
    : part.replace(/[^A-Za-z0-9_-]/gu, (char) =>
        [...new TextEncoder().encode(char)].map((byte) => `~${byte.toString(16).padStart(2, '0')}`).join(''),
      );

const unescapePart = (part: string): string => {
  const bytes: number[] = [];
  for (let at = 0; at < part.length; at += 1) {
    if (part[at] === '~') {
      bytes.push(Number.parseInt(part.slice(at + 1, at + 3), 16));
      at += 2;
    } else bytes.push(part.charCodeAt(at));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
};

export type ChannelPeer = {
  readonly channel: string;
  readonly account: string;
  readonly peer: string;
  readonly thread?: string | undefined;
};

/**
 * Encodes where a messaging app's conversation lives as a conversation id: `<channel>.<account>.<peer>[.<thread>]`.
 * `parseChannelConversation` is its inverse.
 * @throws AppError `conversation.invalid` when a part is empty or the id would exceed 128 characters.
 */
export function channelConversation(peer: ChannelPeer): string {
  const parts = [peer.channel, peer.account, peer.peer, ...(peer.thread === undefined ? [] : [peer.thread])];
  const id = parts.map(escapePart).join('.');
  if (parts.includes('') || id.length > 128) throw new AppError('conversation.invalid');
  return id;
}

/** Decodes an id made by `channelConversation`; undefined when it is not one. */
export function parseChannelConversation(id: string): ChannelPeer | undefined {
  const [channel, account, peer, thread, ...more] = id.split('.').map(unescapePart);
  if (!channel || !account || !peer || thread === '' || more.length > 0) return undefined;
  return { channel, account, peer, ...(thread === undefined ? {} : { thread }) };
}

/**
 * A BullMQ job id from its parts. BullMQ refuses `:` and plain integers; parts are joined by `/`, which no id of ours
 * contains, and a letter leads.
 */
export function jobId(kind: string, ...parts: readonly string[]): string {
  return [kind, ...parts].join('/');
}

/** The job on `tasks` of a call that is out: the same however often it is added, another when the call is made anew. */
export function taskJobId(
  address: ActorAddress,
  { call, ticket }: { readonly call: string; readonly ticket: string },
): string {
  return jobId('t', address.tenant, address.conversation, call, ticket.slice(0, 6));
}
