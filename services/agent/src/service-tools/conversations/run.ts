import { type ActorAddress, personIn, type ToolOutcome, type TranscriptEntry } from '@queueclaw/contracts';
import type { Door } from '@queueclaw/conversations';
import type { ConversationsArgs } from '@queueclaw/tools';
import type { ServiceRun } from '../contract.js';

const listedMax = 50;
const entriesMax = 60;
const charsMax = 12_000;

type Told = Omit<ToolOutcome, 'ms'>;
const refused = (text: string): Told => ({ ok: false, code: 'tool.not_allowed', text });

/** What people and the assistant have said; what tools told stays where it was. */
const spoken = (entry: TranscriptEntry): string[] => {
  if (entry.role === 'tool' || entry.text.trim() === '') return [];
  return [`${entry.role === 'user' ? (entry.from?.name ?? 'user') : 'you'}: ${entry.text}`];
};

/** All who have written there are the one who asks. */
const isTheirs = (entries: readonly TranscriptEntry[], channel: string, id: string): boolean =>
  entries.every(
    (entry) =>
      entry.role !== 'user' ||
      (entry.from?.id === id && (entry.channel === undefined || personIn(entry.channel, id) === personIn(channel, id))),
  );

/** Lists and reads the conversations of the one person whom the turn answers; those in which others write are left out. */
export function conversationsTool({ conversations }: Pick<Door, 'conversations'>): ServiceRun<ConversationsArgs> {
  return async ({ read }, { address, asker, person }) => {
    if (person === undefined) return refused('Only a person who is alone with you has other conversations read here.');
    const { tenant } = address;
    const { channel } = asker.route;
    const names = await conversations.people.conversations({ tenant, channel, id: asker.from.id });
    const others = names.filter(({ conversation }) => conversation !== address.conversation);
    if (read === undefined) {
      if (others.length === 0) return { ok: true, text: 'There are no others.' };
      const lines = others
        .slice(0, listedMax)
        .map(({ conversation, at }) => `${conversation}, last written on ${day(at)}`);
      return { ok: true, text: lines.join('\n') };
    }
    const wanted: ActorAddress = { tenant, conversation: read };
    const page = others.some(({ conversation }) => conversation === read)
      ? await conversations.transcript(wanted, { limit: entriesMax })
      : undefined;
    if (page === undefined) return refused('This person has no other conversation of this name.');
    if (!isTheirs(page.entries, channel, asker.from.id)) return refused('Others write there, too.');
    const text = page.entries.flatMap(spoken).join('\n').slice(-charsMax);
    return { ok: true, text: text === '' ? 'Nothing was said there.' : text };
  };
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
