import type { TextUnit } from './contract.js';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const units: Readonly<Record<TextUnit, (text: string) => number>> = {
  utf16: (text) => text.length,
  bytes: (text) => Buffer.byteLength(text),
  characters: (text) => {
    let count = 0;
    for (const _ of text) count += 1;
    return count;
  },
};

/** The length of a text in a channel's unit. */
export function measure(text: string, unit: TextUnit): number {
  return units[unit](text);
}

const takeWhole = (parts: Iterable<string>, max: number, unit: TextUnit): string => {
  let taken = '';
  let used = 0;
  for (const part of parts) {
    used += measure(part, unit);
    if (used > max) break;
    taken += part;
  }
  return taken;
};

function* segments(text: string): Iterable<string> {
  for (const { segment } of graphemes.segment(text)) yield segment;
}

/**
 * The longest start of `text` that fits `max` units and ends between two characters as people see them. A single one that
 * is longer than `max` is cut between code points.
 */
export function fit(text: string, max: number, unit: TextUnit): string {
  // No unit counts a code point as less than half a UTF-16 unit, so what is beyond this cannot fit.
  const window = text.slice(0, max * 2 + 1);
  const whole = takeWhole(segments(window), max, unit);
  return whole === '' ? takeWhole(window, max, unit) : whole;
}
