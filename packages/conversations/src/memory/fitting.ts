import { estimateTokens, type Memory } from '@queueclaw/contracts';
import { bestOf } from './best-of.js';

/** For the sign in front of each and the end of its line. */
const lineTokens = 4;

/**
 * What of all that is remembered goes with a question, within a budget of tokens: everything where it fits, else what has to do with
 * the question, then what is newest. Oldest first, so that the same ones always read the same.
 */
export function fitting(memories: readonly Memory[], question: string, tokensMax: number): readonly Memory[] {
  const newest = memories.toSorted((a, b) => b.at - a.at);
  const best = new Set([...bestOf(memories, question), ...newest]);
  const chosen: Memory[] = [];
  let left = tokensMax;
  for (const memory of best) {
    const tokens = estimateTokens(memory.text) + lineTokens;
    if (tokens > left) continue;
    left -= tokens;
    chosen.push(memory);
  }
  return chosen.toSorted((a, b) => a.at - b.at || a.id.localeCompare(b.id));
}
