import { estimateTokens, type Memory } from '@queueclaw/contracts';
import { bestOf } from './best-of.js';

/** For the sign in front of each and the end of its line. */
const lineTokens = 4;

const oldestFirst = (memories: readonly Memory[]): readonly Memory[] =>
  memories.toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id));

/**
 * What of all that is remembered goes with a question, within a budget of tokens: everything where it fits, else what has to do with
 * the question, then what is newest. Oldest first, so that the same ones always read the same.
 */
export function fitting(memories: readonly Memory[], question: string, tokensMax: number): readonly Memory[] {
  const tokensOf = ({ text }: Memory): number => estimateTokens(text) + lineTokens;
  let rest = tokensMax;
  // Mostly there is little, and nothing has to be looked for.
  if (memories.every((memory) => (rest -= tokensOf(memory)) >= 0)) return oldestFirst(memories);
  const newest = memories.toSorted((a, b) => b.at - a.at);
  const best = new Set([...bestOf(memories, question), ...newest]);
  const chosen: Memory[] = [];
  let left = tokensMax;
  for (const memory of best) {
    const tokens = tokensOf(memory);
    if (tokens > left) continue;
    left -= tokens;
    chosen.push(memory);
  }
  return oldestFirst(chosen);
}
