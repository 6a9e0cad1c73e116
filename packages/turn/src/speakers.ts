import type { Sender, TranscriptEntry } from '@queueclaw/contracts';

/** How whoever wrote an entry is called. */
export type Speakers = (from: Sender | undefined) => string;

const nameCharsMax = 64;
/** One line, no brackets, at most 64 characters: what people call themselves is untrusted. */
const lineOf = (text = ''): string =>
  [...text.replace(/[\p{C}\p{Z}[\]]+/gu, ' ').trim()].slice(0, nameCharsMax).join('').trim();

const nameOf = (from: Sender | undefined): string => lineOf(from?.name) || lineOf(from?.id) || 'someone';
const alike = (name: string): string => name.normalize('NFKC').toLowerCase();

/**
 * How the people of a conversation are called, so that a model is told who says what: by their names, those without one by their
 * ids, and those who share a name by both. Undefined while one person writes.
 */
export function speakersOf(entries: readonly TranscriptEntry[]): Speakers | undefined {
  const people = new Map(entries.flatMap((one) => (one.role === 'user' && one.from ? [[one.from.id, one.from]] : [])));
  if (people.size < 2) return undefined;
  const names = [...people.values()].map((from) => alike(nameOf(from)));
  return (from) => {
    const name = nameOf(from);
    const shared = names.filter((other) => other === alike(name)).length > 1;
    return shared && from !== undefined ? `${name}, ${lineOf(from.id)}` : name;
  };
}
