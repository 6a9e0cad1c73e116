import { isFenceLine } from './fence.js';

const lastEnd = (text: string, pattern: RegExp, from: number): number | undefined => {
  let end: number | undefined;
  for (const match of text.matchAll(pattern)) {
    const at = match.index + match[0].length;
    if (at > from) end = at;
  }
  return end;
};

const wishes: readonly RegExp[] = [/\n[ \t]*\n/g, /\n/g, /[.!?…][)"'”’]*\s|[。！？；…][」』”’）]*/g, /\s|[，、]/g];

/** Where to cut `head` so that it reads best: after a paragraph, a line, a sentence, a word; not before half of it. */
export function breakPoint(head: string, rest: string, insideCode: boolean): number {
  const half = Math.floor(head.length / 2);
  // A head that ends where a line ends is a good one as it is.
  if (rest.startsWith('\n')) return head.length;
  for (const pattern of insideCode ? [/\n/g] : wishes) {
    const end = lastEnd(head, pattern, half);
    if (end !== undefined) return end;
  }
  return head.length;
}

/** Moves a cut out of a line that opens or closes a code block, to before that line; unless nothing would be left. */
export function outsideFenceLine(text: string, cut: number): number {
  const start = text.lastIndexOf('\n', cut - 1) + 1;
  if (start === 0 || start === cut) return cut;
  const end = text.indexOf('\n', cut);
  const line = text.slice(start, end < 0 ? undefined : end);
  return end !== cut && isFenceLine(line) ? start : cut;
}
