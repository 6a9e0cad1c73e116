import { type ActorAddress, ControlMail, PersonMail } from '@queueclaw/contracts';
import { counter } from '@queueclaw/runtime';
import type { z } from 'zod';
import { parseJson } from './record.js';
import { unseal } from './seal.js';

const refusedTotal = counter('queueclaw_mail_refused_total', 'Mail dropped as forged or unreadable', ['kind']);

/** The head of a mailbox list: what could be read, and how many elements to pop for the first n of it. */
export type Inbox<T> = {
  readonly mail: readonly T[];
  /** List elements, those that were refused too. */
  readonly size: number;
  /** How many list elements go when `taken` of `mail` are consumed; refused ones in between and right after go with them. */
  pop(taken: number): number;
};

function open<T>(
  kind: 'person' | 'control',
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
    else refusedTotal.inc({ kind });
    endOf[mail.length] = at + 1;
  });
  return { mail, size: elements.length, pop: (taken) => endOf[Math.min(taken, mail.length)] ?? 0 };
}

/** Opens mail of people. */
export function openInbox(
  key: string | undefined,
  address: ActorAddress,
  elements: readonly string[],
): Inbox<PersonMail> {
  return open('person', PersonMail, key, address, elements);
}

/** Opens control mail. */
export function openControl(
  key: string | undefined,
  address: ActorAddress,
  elements: readonly string[],
): Inbox<ControlMail> {
  return open('control', ControlMail, key, address, elements);
}
