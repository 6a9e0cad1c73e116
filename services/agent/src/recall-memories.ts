import { type ActorAddress, actorMember, type Journal } from '@queueclaw/contracts';
import { fitting, type Memories } from '@queueclaw/conversations';
import type { Lease } from '@queueclaw/mailbox';
import { LRUCache } from 'lru-cache';
import { ownersOf, personAlone } from './service-tools/memory/owners-of.js';

const questionCharsMax = 8_000;
const turnsKept = 1_000;
const turnKeptMs = 600_000;
const needed: ReadonlySet<string> = new Set(['remember', 'recall']);

/**
 * What a turn brings along of what is remembered, one text each; none for an agent without the tools for it, and none when it
 * cannot be read now. Never rejects.
 */
export type RecallMemories = (
  address: ActorAddress,
  lease: Pick<Lease, 'journal' | 'inbox' | 'turn'>,
  tools: readonly { readonly name: string }[],
) => Promise<readonly string[]>;

/**
 * A turn whose steps this process runs one after the other keeps what its first one brought: the words before a conversation stay
 * as they are, which models' prompt caches want, and a step costs no command.
 *
 * @param tokensMax what they may take of a request, now
 */
export function memoryRecaller(memories: Memories, tokensMax: () => number): RecallMemories {
  const brought = new LRUCache<string, readonly string[]>({ max: turnsKept, ttl: turnKeptMs });
  return async (address, { journal, inbox, turn }, tools) => {
    const most = tokensMax();
    if (most === 0 || !tools.some(({ name }) => needed.has(name))) return [];
    const { mail } = inbox();
    const said = [...(journal?.answers ?? []), ...mail];
    if (said.length === 0) return [];
    const person = personAlone(said);
    const key = JSON.stringify([actorMember(address), turn, person]);
    const known = journal === undefined ? undefined : brought.get(key);
    if (known !== undefined) return known;
    try {
      const owners = ownersOf(address, person);
      const all = await memories.of(...owners);
      const question = [...asked(journal), ...mail.map(({ text }) => text)].join('\n').slice(-questionCharsMax);
      const texts = all.length === 0 ? [] : fitting(all, question, most).map(({ text }) => text);
      brought.set(key, texts);
      return texts;
    } catch {
      return [];
    }
  };
}

const asked = (journal: Journal | undefined): string[] =>
  (journal?.entries ?? []).flatMap((entry) => (entry.role === 'user' ? [entry.text] : []));
