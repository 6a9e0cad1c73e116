import {
  type ActorAddress,
  AppError,
  type ContextMessage,
  type ControlMail,
  type PersonMail,
  type Route,
  type Sender,
} from '@queueclaw/contracts';
import type { Accepted, Conversations } from '@queueclaw/conversations';
import { newId } from '@queueclaw/runtime';

/** A message as a channel normalised it. The tenant is the token's or the channel's. */
export type IncomingMessage = {
  readonly id: string | undefined;
  readonly text: string;
  readonly from: Sender;
  readonly route: Route;
  readonly language?: string | undefined;
  readonly timezone?: string | undefined;
  /** What was said before, when the client keeps the conversation itself. */
  readonly context?: readonly ContextMessage[] | undefined;
};

export type ToMessages = (
  address: ActorAddress,
  message: IncomingMessage,
) => Promise<Accepted & { readonly id: string }>;

const commands: Readonly<Record<string, ControlMail['action']>> = {
  '/stop': 'stop',
  '/new': 'reset',
  '/reset': 'reset',
};

/**
 * Puts a message into its conversation's mailbox and wakes it. Resolves when it is durable; a message without an id gets
 * one. `/stop`, `/new` and `/reset` overtake what waits.
 * @throws AppError conversation.busy, message.conflict, system.unavailable, system.full
 */
export function toMessages(conversations: Conversations): ToMessages {
  return async (address, message) => {
    const id = message.id ?? newId();
    const { text, from, route, language, timezone, context } = message;
    const action = commands[text.trim()];
    const base = { v: 1 as const, id, from, route, at: Date.now(), ...(language === undefined ? {} : { language }) };
    if (action !== undefined) {
      await conversations.control(address, { ...base, kind: 'control', action });
      return { outcome: 'accepted', position: 0, id };
    }
    const mail: PersonMail = {
      ...base,
      kind: 'person',
      text,
      ...(timezone === undefined ? {} : { timezone }),
      ...(context === undefined || context.length === 0 ? {} : { context: [...context] }),
    };
    const accepted = await conversations.accept(address, mail);
    if (accepted.outcome === 'full') throw new AppError('conversation.busy', { retryAfterMs: 2_000 });
    if (accepted.outcome === 'conflict') throw new AppError('message.conflict');
    return { ...accepted, id };
  };
}
