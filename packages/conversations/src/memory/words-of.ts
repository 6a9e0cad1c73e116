/** Scripts that are written without spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]+/u;
const runs = new RegExp(`(${unspaced.source})|([\\p{L}\\p{M}\\p{N}]+)`, 'gu');

const pairsOf = (run: string): string[] => {
  const signs = [...run];
  return signs.length === 1 ? signs : signs.slice(1).map((sign, at) => `${signs[at]}${sign}`);
};

/** An English plural finds its singular. */
const stem = (word: string): string => (/^[a-z]{3,}[^s]s$/.test(word) ? word.slice(0, -1) : word);

/**
 * What of a text can be found: words, and of scripts without spaces every two signs that stand together. Case, width and accents'
 * encoding make no difference. At most `most` of them.
 */
export function wordsOf(text: string, most = 2_000): string[] {
  const words: string[] = [];
  for (const [, run, word = ''] of text.normalize('NFKC').toLowerCase().matchAll(runs)) {
    words.push(...(run === undefined ? [stem(word)] : pairsOf(run)));
    if (words.length >= most) break;
  }
  return words.slice(0, most);
}
