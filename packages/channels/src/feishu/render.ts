import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { fenced, inMarkup, type Markup, prefixed } from '../markup.js';
import { splitText } from '../split-text.js';

/** Feishu takes posts of 30 KB with their JSON around, in which some signs count twice. */
export const partBytesMax = 12_000;
/** A table that is padded to its widest cell may grow beyond this; it is then shown as it was written. */
const bodyBytesMax = 14_000;

const isAddress = (href: string): boolean => /^(?:https?:|mailto:)[^\s()<>]+$/i.test(href);
/** Feishu reads `<at …>` as a mention: a space of no width makes it plain text. */
const pingless = (text: string): string => text.replaceAll(/<(?=[\s/]*at\b)/gi, '<\u200b');

/** What a post's `md` knows; headings and tables are not among it. */
const markup: Markup = {
  escape: (text) => text,
  strong: (text) => `**${text}**`,
  em: (text) => `*${text}*`,
  del: (text) => `~~${text}~~`,
  code: (text) => `\`${text}\``,
  block: fenced,
  quote: (text) => prefixed('> ', text),
  link: (href, text) => (isAddress(href) ? `[${text}](${href})` : `${text} (${href})`),
};

function body(markdown: string): string {
  const made = pingless(inMarkup(markdown, markup));
  return Buffer.byteLength(made) > bodyBytesMax ? pingless(markdown) : made;
}

/** A reply as messages: `text` is Markdown, `body` the same as a post of Feishu has it. */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(reply.text, partBytesMax, 'bytes').map((text) => ({ text, body: body(text) }));
}
