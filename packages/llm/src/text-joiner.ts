export type TextJoiner = {
  /** The next piece of text that may be shown; it may be empty. */
  push(piece: string): string;
  /** What was held back. */
  flush(): string;
};

const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/**
 * Makes pieces of text that are each well-formed Unicode: a character that a vendor split between two deltas is held until
 * its second half arrives; a half that stays alone becomes U+FFFD.
 */
export function createTextJoiner(): TextJoiner {
  let held = '';
  return {
    push(piece) {
      const text = held + piece;
      const cut = isHigh(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
      held = text.slice(cut);
      return text.slice(0, cut).toWellFormed();
    },
    flush() {
      const rest = held.toWellFormed();
      held = '';
      return rest;
    },
  };
}
