import { type Element, Parser } from '@xmpp/xml';
import { bareOf, resourceOf } from './address.js';
import { ns } from './namespaces.js';

/** What counts of a message stanza (RFC 6121, 5.2). */
export type Message = {
  /** The full address: `person/device` or `room/nick`. */
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly id: string | undefined;
  readonly text: string;
  /** Addresses of files that came with it (XEP-0066). */
  readonly urls: readonly string[];
  /** What the server that keeps it calls it (XEP-0359), where that server may say so. */
  readonly stanzaId: string | undefined;
  /** A correction of an earlier message (XEP-0308). */
  readonly corrects: boolean;
  /** Who says that it is late (XEP-0203); undefined when nobody does. */
  readonly delayedBy: string | undefined;
  /** Only a note for those who cannot read it is in the clear (XEP-0380). */
  readonly encrypted: boolean;
  /** A message to one in a room (XEP-0045, 7.5). */
  readonly whisper: boolean;
  /** Whom in a room it answers (XEP-0461). */
  readonly answers: string | undefined;
};

const charsMax = 300_000;
const urlsMax = 17;
const urlCharsMax = 4_096;

const attribute = (element: Element | undefined, name: string): string | undefined => {
  const value: unknown = element?.attrs[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Reads one stanza; undefined for what is no XML, or no whole element. */
export function readStanza(text: string): Element | undefined {
  if (text.length > charsMax) return undefined;
  const parser = new Parser();
  let found: Element | undefined;
  let broken = false;
  // It hands out what is inside of the first element, as a stream has it.
  parser.on('element', (element: Element) => void (found ??= element));
  parser.on('error', () => void (broken = true));
  try {
    parser.write(`<stream>${text}`);
  } catch {
    return undefined;
  }
  return broken ? undefined : found;
}

/** The facts of a message; undefined for other stanzas, errors, and what has no sender. */
export function messageIn(stanza: Element): Message | undefined {
  const from = attribute(stanza, 'from');
  const type = attribute(stanza, 'type') ?? 'normal';
  if (stanza.name !== 'message' || from === undefined || type === 'error') return undefined;
  const to = attribute(stanza, 'to') ?? '';
  const room = type === 'groupchat';
  // Anybody can write such an element; only the own server's and the room's are to be believed.
  const keeper = room ? bareOf(from) : bareOf(to);
  const kept = stanza.getChildren('stanza-id', ns.sid).find((one) => attribute(one, 'by') === keeper);
  const urls = stanza
    .getChildren('x', ns.outOfBand)
    .flatMap((one) => one.getChildText('url')?.trim() ?? [])
    .filter((url) => url !== '' && url.length <= urlCharsMax)
    .slice(0, urlsMax);
  const text = stanza.getChildText('body') ?? '';
  const delay = stanza.getChild('delay', ns.delay);
  return {
    ...{ from, to, type },
    id: attribute(stanza.getChild('origin-id', ns.sid), 'id') ?? attribute(stanza, 'id'),
    // For clients that know no files the address is the text, too.
    text: urls.includes(text.trim()) ? '' : text,
    urls,
    stanzaId: attribute(kept, 'id'),
    corrects: stanza.getChild('replace', ns.correct) !== undefined,
    delayedBy: delay === undefined ? undefined : (attribute(delay, 'from') ?? ''),
    encrypted: stanza.getChild('encryption', ns.encryption) !== undefined,
    whisper: !room && stanza.getChild('x', ns.mucUser) !== undefined,
    answers: attribute(stanza.getChild('reply', ns.reply), 'to'),
  };
}

export const isOfRoom = ({ type }: Message): boolean => type === 'groupchat';

/**
 * Whether a person said it to us now. `nick` is ours in rooms. What a room repeats to who enters is not; what our own server
 * kept for us is, although it is late too.
 */
export function isSaid(message: Message, nick: string | undefined): boolean {
  const { from, to, type, text, urls, corrects, whisper, encrypted, delayedBy } = message;
  if ((text.trim() === '' && urls.length === 0) || corrects || whisper || encrypted || type === 'headline')
    return false;
  if (!isOfRoom(message)) return bareOf(from) !== bareOf(to);
  if (delayedBy !== undefined && delayedBy !== bareOf(to)) return false;
  // Without a nick it is the room that speaks.
  return resourceOf(from) !== '' && resourceOf(from) !== nick;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether a message of a room speaks to us: names us, or answers us. */
export function speaksTo(nick: string, { from, text, answers }: Message): boolean {
  if (answers === `${bareOf(from)}/${nick}`) return true;
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(nick)}(?![\\p{L}\\p{N}_])`, 'iu').test(text);
}

/** The words without our name in front. */
export function wordsOf({ type, text }: Message, nick: string | undefined): string {
  if (type !== 'groupchat' || nick === undefined) return text.trim();
  return text.replace(new RegExp(`^\\s*@?${escaped(nick)}\\s*[,:]\\s*`, 'i'), '').trim() || text.trim();
}
