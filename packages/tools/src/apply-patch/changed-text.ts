import { type Hunk, PatchError } from './read-patch.js';

const shownCharsMax = 200;

const standsAt = (lines: readonly string[], old: readonly string[], at: number): boolean =>
  old.every((line, offset) => lines[at + offset] === line);

/** Every place from `from` on where these lines stand. */
function placesOf(lines: readonly string[], old: readonly string[], from: number): readonly number[] {
  const places: number[] = [];
  for (let at = from; at + old.length <= lines.length; at += 1) if (standsAt(lines, old, at)) places.push(at);
  return places;
}

/** Where the hunks so far began and ended, and by how many lines they have moved what follows. */
type Progress = { readonly from: number; readonly begun: number; readonly shift: number };

function placeOf(
  lines: readonly string[],
  { old, after, at }: Hunk,
  { from, begun, shift }: Progress,
  path: string,
): number {
  let start = from;
  if (after !== undefined) {
    const anchor = lines.findIndex((line, here) => here >= begun && line.trim() === after.trim());
    if (anchor === -1)
      throw new PatchError(`In ${path} there is no line ${JSON.stringify(after.slice(0, shownCharsMax))}.`);
    start = Math.max(from, anchor + 1);
  }
  // The last line break ends a line and begins none.
  const end = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (old.length === 0) {
    if (at === undefined) return after === undefined ? end : start;
    return Math.min(Math.max(at + shift, from), end);
  }
  const places = placesOf(lines, old, start);
  const wanted = at === undefined ? start : at + shift;
  const [first] = places.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
  if (first === undefined)
    throw new PatchError(`In ${path} these lines are not there:\n${old.join('\n').slice(0, shownCharsMax)}`);
  if (places.length > 1 && at === undefined && after === undefined)
    throw new PatchError(
      `In ${path} these lines are there ${places.length} times, give more around them:\n${old.join('\n').slice(0, shownCharsMax)}`,
    );
  return first;
}

/**
 * A text after all hunks, each behind the one before it; it keeps its own line ends.
 * @throws PatchError a place is not there, or not certain
 */
export function changedText(text: string, hunks: readonly Hunk[], path: string): string {
  const breaks = text.split('\n').length - 1;
  const windows = breaks > 0 && text.split('\r\n').length - 1 === breaks;
  const lines = (windows ? text.replaceAll('\r\n', '\n') : text).split('\n');
  let progress: Progress = { from: 0, begun: 0, shift: 0 };
  for (const hunk of hunks) {
    const at = placeOf(lines, hunk, progress, path);
    lines.splice(at, hunk.old.length, ...hunk.fresh);
    const shift = progress.shift + hunk.fresh.length - hunk.old.length;
    progress = { from: at + hunk.fresh.length, begun: at, shift };
  }
  return lines.join(windows ? '\r\n' : '\n');
}
