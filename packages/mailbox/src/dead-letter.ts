import { type ActorKind, PersonMail, Reply } from '@queueclaw/contracts';
import { hash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from './record.js';

/** What lies in the list, as far as it matters: a conversation's mail (agent) or one reply (ingress). */
const Entry = z.object({
  kind: z.enum(['messages', 'replies']),
  tenant: z.string().max(63),
  conversation: z.string().max(128),
  why: z.string().catch('unknown'),
  at: z.number().catch(0),
  tries: z.number().optional().catch(undefined),
  ids: z.array(z.string()).catch([]),
  mail: z.array(z.unknown()).catch([]),
  reply: z.unknown().optional(),
});

/** Something that could not be processed or delivered, put aside for an operator. */
export type DeadLetter = {
  /** Made from its content: names it on any replica. */
  readonly id: string;
  /** Whose mailbox it comes from; `unreadable`: nothing but its bytes is known. */
  readonly kind: ActorKind | 'unreadable';
  readonly tenant: string;
  readonly conversation: string;
  /** Messages it is about. */
  readonly ids: readonly string[];
  /** An error code or a short phrase. */
  readonly why: string;
  readonly tries: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of people, in order. */
  readonly mail: readonly PersonMail[];
  readonly reply: Reply | undefined;
  /** There is something in it to try again. */
  readonly retryable: boolean;
};

/** Reads an element of the list of dead letters; one that does not parse can only be dropped. */
export function parseDeadLetter(raw: string): DeadLetter {
  const id = hash('sha256', raw, 'base64url').slice(0, 22);
  const parsed = Entry.safeParse(parseJson(raw));
  if (!parsed.success) {
    const unknown = { tenant: '', conversation: '', ids: [], tries: undefined, at: 0, mail: [], reply: undefined };
    return { id, kind: 'unreadable', why: 'unreadable', ...unknown, retryable: false };
  }
  const { kind, tenant, conversation, why, at, tries, ids } = parsed.data;
  const mail = parsed.data.mail.flatMap((one) => PersonMail.safeParse(one).data ?? []);
  const reply = Reply.safeParse(parsed.data.reply).data;
  const retryable = kind === 'messages' ? mail.length > 0 : reply !== undefined;
  return { id, kind, tenant, conversation, ids: reply?.answers ?? ids, why, tries, at, mail, reply, retryable };
}
