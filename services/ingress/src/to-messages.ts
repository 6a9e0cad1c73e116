import type { Blobs } from '@queueclaw/blobs';
import { findChannel } from '@queueclaw/channels';
import {
  type ActorAddress,
  AppError,
  type AttachmentRef,
  type ContextMessage,
  type PersonMail,
  type Route,
  type Sender,
} from '@queueclaw/contracts';
import { type Accepted, type Conversations, parseCommand } from '@queueclaw/conversations';
import { newId, spanOf, traceparentNow, withSpan } from '@queueclaw/runtime';
import { resolveAttachments } from './attachments/resolve.js';

/** A message as a channel normalised it. The tenant is the token's or the channel's. */
export type IncomingMessage = {
  readonly id: string | undefined;
  readonly text: string;
  /** What was uploaded before, as the client names it. */
  readonly attachments?: readonly AttachmentRef[] | undefined;
  readonly from: Sender;
  readonly route: Route;
  readonly language?: string | undefined;
  readonly timezone?: string | undefined;
  /** Said in a group. */
  readonly group?: true | undefined;
  /** W3C traceparent, when the client says one. */
  readonly trace?: string | undefined;
  /** What was said before, when the client keeps the conversation itself. */
  readonly context?: readonly ContextMessage[] | undefined;
};

export type ToMessages = (
  address: ActorAddress,
  message: IncomingMessage,
) => Promise<Accepted & { readonly id: string }>;

/** The route with what its channel shows, so that a model can be told. */
function shown(route: Route): Route {
  const channel = findChannel(route.channel);
  return channel === undefined ? route : { ...route, markdown: channel.capabilities.markdown };
}

/**
 * Puts a message into its conversation's mailbox and wakes it. Resolves when it is durable; a message without an id gets
 * one. Commands (see docs/conversations.md) overtake what waits; an unknown `/word` is text like any other.
 * @throws AppError attachment.not_found, conversation.busy, message.conflict, system.unavailable, system.full
 */
export function toMessages(conversations: Conversations, blobs: Blobs): ToMessages {
  const take = async (address: ActorAddress, message: IncomingMessage): ReturnType<ToMessages> => {
    const id = message.id ?? newId();
    const trace = traceparentNow();
    const { text, attachments: refs = [], from, language, timezone, group, context } = message;
    const route = shown(message.route);
    const command = refs.length === 0 ? parseCommand(text) : undefined;
    const base = { v: 1 as const, id, from, route, at: Date.now(), ...(language === undefined ? {} : { language }) };
    if (command !== undefined)
      return { ...(await conversations.control(address, { ...base, kind: 'control', ...command })), id };
    const attachments = refs.length === 0 ? [] : await resolveAttachments(blobs, address.tenant, refs);
    const mail: PersonMail = {
      ...base,
      kind: 'person',
      text,
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(timezone === undefined ? {} : { timezone }),
      ...(group === undefined ? {} : { group }),
      ...(context === undefined || context.length === 0 ? {} : { context: [...context] }),
      ...(trace === undefined ? {} : { trace }),
    };
    const accepted = await conversations.accept(address, mail);
    if (accepted.outcome === 'full') throw new AppError('conversation.busy', { retryAfterMs: 2_000 });
    if (accepted.outcome === 'conflict') throw new AppError('message.conflict');
    return { ...accepted, id };
  };
  return (address, message) => {
    const { route, trace: parent } = message;
    const attributes = { ...spanOf(address), 'queueclaw.channel': route.channel, 'queueclaw.message.id': message.id };
    return withSpan(`receive ${route.channel}`, { kind: 'server', parent, attributes }, () => take(address, message));
  };
}
