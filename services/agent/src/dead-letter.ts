import type { ActorAddress, PersonMail, Reply } from '@queueclaw/contracts';
import type { Lease } from '@queueclaw/mailbox';

/**
 * What the operator finds of mail that was given up: which messages, why, and the mail itself, so that it can be tried
 * again. What the turn had read already is in its journal; its words are among the journal's entries.
 */
export function deadLetter(
  address: ActorAddress,
  lease: Lease,
  replies: readonly Reply[],
): Readonly<Record<string, unknown>> {
  const ids = replies.flatMap(({ answers }) => answers);
  const words = new Map(
    (lease.journal?.entries ?? []).flatMap((entry) => (entry.role === 'user' ? [[entry.id, entry] as const] : [])),
  );
  const read = (lease.journal?.answers ?? []).flatMap((mail): PersonMail[] => {
    const entry = words.get(mail.id);
    if (entry === undefined) return [];
    const { text, attachments } = entry;
    return [{ ...mail, text, ...(attachments === undefined ? {} : { attachments }) }];
  });
  const waiting = lease.inbox().mail.filter(({ id }) => !read.some((mail) => mail.id === id));
  return {
    v: 1,
    kind: 'messages',
    ...address,
    ids,
    tries: lease.tries,
    why: lease.damaged === undefined ? 'tries' : 'damaged journal',
    mail: [...read, ...waiting].filter(({ id }) => ids.includes(id)),
    at: Date.now(),
  };
}
