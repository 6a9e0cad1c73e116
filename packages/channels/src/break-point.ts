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

/** What is read as one thing: a link or picture, an address, code in a line. */
const thing =
  /!?\[[^\]\n]{0,500}\]\([^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?\)|https?:\/\/[!-;=?-~]+|`[^`\n]{1,500}`/g;
const thingMax = 3_000;

/** Moves a cut out of a link, an address or code in a line, to before it; unless nothing would be left. */
export function outsideThing(text: string, cut: number): number {
  const from = Math.max(0, cut - thingMax);
  for (const match of text.slice(from, cut + thingMax).matchAll(thing)) {
    const start = from + match.index;
    if (start >= cut) break;
    if (cut < start + match[0].length) return text.slice(0, start).trim() === '' ? cut : start;
  }
  return cut;
}

/** Moves a cut out of a line that opens or closes a code block, to before that line; unless nothing would be left. */
export function outsideFenceLine(text: string, cut: number): number {
  const start = text.lastIndexOf('\n', cut - 1) + 1;
  if (start === 0 || start === cut) return cut;
  const end = text.indexOf('\n', cut);
  const line = text.slice(start, end < 0 ? undefined : end);
  return end !== cut && isFenceLine(line) ? start : cut;
}
