import type { Memory } from '@queueclaw/contracts';
import { wordsOf } from './words-of.js';

/** How soon a word's repetition counts less, and how much longer texts lose; as BM25 usually has them. */
const [saturation, lengthWeight] = [1.2, 0.75];

/** Those that have words of the query in common with it, the best first; of equal ones the newer first. */
export function bestOf(memories: readonly Memory[], query: string): readonly Memory[] {
  const wanted = new Set(wordsOf(query));
  const texts = memories.map((memory) => {
    const words = wordsOf(memory.text);
    const counts = new Map<string, number>();
    for (const word of words) if (wanted.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { memory, counts, length: words.length };
  });
  const usual = texts.reduce((sum, { length }) => sum + length, 0) / Math.max(1, texts.length) || 1;
  const rarity = new Map(
    [...wanted].map((word) => {
      const having = texts.filter(({ counts }) => counts.has(word)).length;
      return [word, Math.log(1 + (texts.length - having + 0.5) / (having + 0.5))];
    }),
  );
  const scored = texts.map(({ memory, counts, length }) => {
    let score = 0;
    for (const [word, count] of counts) {
      const dampened = count + saturation * (1 - lengthWeight + (lengthWeight * length) / usual);
      score += ((rarity.get(word) ?? 0) * count * (saturation + 1)) / dampened;
    }
    return { memory, score };
  });
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || b.memory.at - a.memory.at)
    .map(({ memory }) => memory);
}
