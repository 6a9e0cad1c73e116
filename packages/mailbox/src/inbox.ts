import { type ActorAddress, ControlMail, PersonMail } from '@queueclaw/contracts';
import type { z } from 'zod';
import type { WaitingCommand } from './commands.js';
import { parseJson } from './record.js';
import { unseal } from './seal.js';

/** The head of a mailbox list: what could be read, and how many elements to pop for the first n of it. */
export type Inbox<T> = {
  readonly mail: readonly T[];
  /** List elements, those that were refused too. */
  readonly size: number;
  /** How many list elements go when `taken` of `mail` are consumed; refused ones in between and right after go with them. */
  pop(taken: number): number;
  /** How many of those were refused as forged or unreadable. */
  refused(taken: number): number;
};

function open<T>(
  schema: z.ZodType<T>,
  mailKey: string | undefined,
  address: ActorAddress,
  elements: readonly string[],
): Inbox<T> {
  const mail: T[] = [];
  const endOf: number[] = [0];
  elements.forEach((element, at) => {
    const body = unseal(mailKey, address, element);
    const parsed = body === undefined ? undefined : schema.safeParse(parseJson(body));
    if (parsed?.success) mail.push(parsed.data);
    endOf[mail.length] = at + 1;
  });
  const pop = (taken: number): number => endOf[Math.min(taken, mail.length)] ?? 0;
  return { mail, size: elements.length, pop, refused: (taken) => pop(taken) - Math.min(taken, mail.length) };
}

/** Opens mail of people. */
export function openInbox(
  key: string | undefined,
  address: ActorAddress,
  elements: readonly string[],
): Inbox<PersonMail> {
  return open(PersonMail, key, address, elements);
}

/** Opens control mail. */
export function openControl(
  key: string | undefined,
  address: ActorAddress,
  elements: readonly string[],
): Inbox<ControlMail> {
  return open(ControlMail, key, address, elements);
}

/** Opens commands, each with the element that it is in the list. One that cannot be read has no mail: drop it. */
export function openCommands(
  key: string | undefined,
  address: ActorAddress,
  elements: readonly string[],
): readonly WaitingCommand[] {
  return elements.map((element) => {
    const [mail] = openControl(key, address, [element]).mail;
    return { element, mail };
  });
}
