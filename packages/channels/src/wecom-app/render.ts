import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { type Markup, prefixed } from '../markup.js';
import { inParts, inWeChat } from '../wechat-text.js';

/** A message in both of the forms that an app may send. */
export type Body = { readonly markdown: string; readonly text: string };

/** What WeCom knows of Markdown: no blocks of code, lists or tables, nothing leaning or struck out. */
const markup: Markup = {
  escape: (text) => text,
  strong: (text) => `**${text}**`,
  em: (text) => text,
  del: (text) => text,
  code: (text) => `\`${text}\``,
  block: (text) => prefixed('> ', text),
  quote: (text) => prefixed('> ', text),
  link: (href, text) => (/^https?:[^\s()<>]+$/i.test(href) ? `[${text}](${href})` : `${text} (${href})`),
};

const formsOf = (part: string): Body => ({ markdown: inWeChat(part, markup), text: inWeChat(part) });

/** A reply as messages: `text` is Markdown, `body` the same as WeCom has it, and plain. */
export function render(reply: Reply): readonly Outgoing[] {
  return inParts(reply.text, formsOf);
}
