import type { Journal, PersonMail } from '@queueclaw/contracts';
import { contextEntries, userEntry } from './journal.js';
import type { TurnInput } from './turn-input.js';

/** A turn reads at most this many messages ... */
export const mailPerTurnMax = 500;
/** ... and takes no further one after this many characters, so that a full mailbox fits a model's window. */
export const mailCharsMax = 128_000;

/** Mail at the head that the journal holds already: its removal from the mailbox is not durable yet. */
export function alreadyTaken(journal: Journal | undefined, mail: readonly PersonMail[]): number {
  if (journal === undefined) return 0;
  const known = new Set(journal.answers.map(({ id }) => id));
  const first = mail.findIndex(({ id }) => !known.has(id));
  return first === -1 ? mail.length : first;
}

/** Waiting mail that the journal does not hold. */
export function freshMail(journal: Journal | undefined, mail: readonly PersonMail[]): readonly PersonMail[] {
  return mail.slice(alreadyTaken(journal, mail));
}

/**
 * The journal with waiting mail in it, in order, and how many left the head of the mailbox. `atMost` counts new messages.
 * At least one message fits a new turn, whatever its length.
 */
export function joinMail(
  journal: Journal,
  input: TurnInput,
  atMost: number = mailPerTurnMax,
): { journal: Journal; took: number } {
  const known = new Set(journal.answers.map(({ id }) => id));
  const answers = [...journal.answers];
  const entries = [...journal.entries];
  let chars = entries.reduce((sum, entry) => sum + (entry.role === 'user' ? entry.text.length : 0), 0);
  let took = 0;
  for (const mail of input.mail) {
    if (!known.has(mail.id)) {
      if (answers.length - journal.answers.length >= atMost || answers.length >= mailPerTurnMax) break;
      if (answers.length > 0 && chars + mail.text.length > mailCharsMax) break;
      const { text, attachments: _, context: __, ...rest } = mail;
      known.add(mail.id);
      answers.push(rest);
      entries.push(...contextEntries(mail, journal.turn), userEntry(mail, journal.turn));
      chars += text.length;
    }
    took += 1;
  }
  return { journal: { ...journal, answers, entries }, took };
}

/** How many new messages may join a turn that is under way. */
export function joinsMidTurn(input: TurnInput): number {
  return input.agent.queueMode === 'followup' ? 0 : mailPerTurnMax;
}
