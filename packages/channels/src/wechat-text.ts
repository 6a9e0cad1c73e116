import { inMarkup, type Markup } from './markup.js';
import { splitText } from './split-text.js';

/** WeChat and WeCom take texts of 2,048 bytes. */
const bodyBytesMax = 2_048;
/** Marks that are put in have some room. */
const partBytesMax = 1_800;
const partBytesLeast = 450;

/** WeChat reads `<a href>`, `<font>` and `<@person>` in texts: a space of no width makes what is quoted plain. */
export const tame = (text: string): string => text.replaceAll(/<(?=\s*\/?(?:a|font)\b|@)/gi, '<\u200b');

const plain: Markup = {
  escape: (text) => text,
  strong: (text) => text,
  em: (text) => text,
  del: (text) => text,
  code: (text) => text,
  block: (text) => text,
  quote: (text) => text,
  link: (href, text) => (text === '' || text === href ? href : `${text} (${href})`),
};

const fits = (text: string): boolean => Buffer.byteLength(text) <= bodyBytesMax;

/** Markdown in WeChat's markup; as it was written when a table, padded to its widest cell, would grow too long. */
export function inWeChat(markdown: string, markup: Markup = plain): string {
  const made = tame(inMarkup(markdown, markup));
  return fits(made) ? made : tame(markdown);
}

/** A text in parts whose forms are all taken by WeChat. */
export function inParts<T extends Readonly<Record<string, string>>>(
  text: string,
  formsOf: (part: string) => T,
  max: number = partBytesMax,
): readonly { readonly text: string; readonly body: T }[] {
  return splitText(text, max, 'bytes').flatMap((part) => {
    const body = formsOf(part);
    return max <= partBytesLeast || Object.values(body).every(fits)
      ? [{ text: part, body }]
      : inParts(part, formsOf, max / 2);
  });
}
