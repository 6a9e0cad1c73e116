import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { fenced, inMarkup, type Markup, prefixed } from '../markup.js';
import { splitText } from '../split-text.js';

/** Far below what the API takes, so that marks and JSON around have room. */
export const partBytesMax = 6_000;
/** A table that is padded to its widest cell may grow beyond this; it is then shown as it was written. */
const bodyBytesMax = 9_000;

const isAddress = (href: string): boolean => /^https?:[^\s()<>]+$/i.test(href);

/** What DingTalk knows of Markdown: no tables, nothing struck out. */
const markup: Markup = {
  escape: (text) => text,
  strong: (text) => `**${text}**`,
  em: (text) => `*${text}*`,
  del: (text) => text,
  code: (text) => `\`${text}\``,
  block: fenced,
  quote: (text) => prefixed('> ', text),
  link: (href, text) => (isAddress(href) ? `[${text}](${href})` : `${text} (${href})`),
};

/** DingTalk breaks a line only after two spaces; code keeps its own. */
const broken = (text: string): string =>
  text
    .split(/(```[\s\S]*?```)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(/(?<!\n| {2})\n(?!\n)/g, '  \n')))
    .join('');

function body(markdown: string): string {
  const made = broken(inMarkup(markdown, markup));
  return Buffer.byteLength(made) > bodyBytesMax ? markdown : made;
}

/** A reply as messages: `text` is Markdown, `body` the same as DingTalk has it. */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(reply.text, partBytesMax, 'bytes').map((text) => ({ text, body: body(text) }));
}
