import type { TextUnit } from './contract.js';
import { breakPoint, outsideFenceLine, outsideThing } from './break-point.js';
import { type Fence, fenceAfter } from './fence.js';
import { fit, measure } from './measure.js';

/** The least `max` that `splitText` takes: what a code block's own lines need, and a little text. */
export const splitMaxLeast = 100;

type Piece = { readonly text: string; readonly cut: number; readonly open: Fence | undefined };

/**
 * Splits a text into messages of at most `max` units, in order. Cuts after paragraphs, lines, sentences or words where it
 * can, never inside a link that fits or a character as people see it, and closes a code block at the cut to open it again after it. Only
 * white space at a cut is dropped; outside code blocks messages do not start or end with it.
 * @throws RangeError when `max` is under `splitMaxLeast`
 */
export function splitText(text: string, max: number, unit: TextUnit = 'characters'): readonly string[] {
  if (max < splitMaxLeast) throw new RangeError(`max must be at least ${splitMaxLeast}`);
  const messages: string[] = [];
  let rest = text;
  let fence: Fence | undefined;
  while (rest.trim() !== '') {
    const lead = fence === undefined ? '' : `${fence.reopen}\n`;
    if (measure(rest, unit) + lead.length <= max) {
      messages.push(fence === undefined ? rest.trimEnd() : lead + rest);
      break;
    }
    const piece = nextPiece(rest, fence, max - lead.length, unit);
    rest = rest.slice(piece.cut);
    const body = piece.open === undefined ? piece.text : `${piece.text}\n${piece.open.marker}`;
    // A block that was opened again only to end at once has nothing to show.
    if (piece.text !== '') messages.push(lead + body);
    fence = piece.open;
    rest = fence === undefined ? rest.replace(/^\s*\n|^[^\S\n]+(?=\S)/, '') : rest.replace(/^\n/, '');
  }
  return messages;
}

function nextPiece(rest: string, fence: Fence | undefined, max: number, unit: TextUnit): Piece {
  for (let budget = max; ;) {
    const head = fit(rest, budget, unit);
    const after = rest.slice(head.length);
    const insideCode = fenceAfter(fence, head) !== undefined;
    const best = breakPoint(head, after, insideCode);
    const cut = outsideFenceLine(rest, insideCode ? best : outsideThing(rest, best));
    const taken = rest.slice(0, cut);
    const open = fenceAfter(fence, taken);
    const text = open === undefined ? taken.trimEnd() : taken.replace(/\n$/, '');
    const over = measure(text, unit) + (open === undefined ? 0 : open.marker.length + 1) - max;
    if (over <= 0) return { text, cut, open };
    budget -= over;
  }
}
