import type { Journal } from '@queueclaw/contracts';
import { fitting, type Memories } from '@queueclaw/conversations';
import type { Lease } from '@queueclaw/mailbox';
import type { ActorAddress } from '@queueclaw/contracts';
import { ownersOf, personAlone } from './service-tools/memory/owners-of.js';

const questionCharsMax = 8_000;
const needed: ReadonlySet<string> = new Set(['remember', 'recall']);

/**
 * What a turn brings along of what is remembered, one text each; none for an agent without the tools for it, and none when it
 * cannot be read now. Never rejects.
 */
export type RecallMemories = (
  address: ActorAddress,
  lease: Pick<Lease, 'journal' | 'inbox'>,
  tools: readonly { readonly name: string }[],
) => Promise<readonly string[]>;

/** @param tokensMax what they may take of a request, now */
export function memoryRecaller(memories: Memories, tokensMax: () => number): RecallMemories {
  return async (address, { journal, inbox }, tools) => {
    const most = tokensMax();
    if (most === 0 || !tools.some(({ name }) => needed.has(name))) return [];
    const { mail } = inbox();
    const said = [...(journal?.answers ?? []), ...mail];
    if (said.length === 0) return [];
    try {
      const owners = ownersOf(address, personAlone(said));
      const all = (await Promise.all(owners.map((owner) => memories.of(owner)))).flat();
      const question = [...asked(journal), ...mail.map(({ text }) => text)].join('\n').slice(-questionCharsMax);
      return all.length === 0 ? [] : fitting(all, question, most).map(({ text }) => text);
    } catch {
      return [];
    }
  };
}

const asked = (journal: Journal | undefined): string[] =>
  (journal?.entries ?? []).flatMap((entry) => (entry.role === 'user' ? [entry.text] : []));
