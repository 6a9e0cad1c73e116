import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { fenced, inMarkup, type Markup, prefixed } from '../markup.js';
import { splitText } from '../split-text.js';

/** WhatsApp takes 4,096 characters; bullets and tables may grow a little. */
const partMax = 3_800;

/** WhatsApp has no escapes: a mark that was text stays one. */
const markup: Markup = {
  escape: (text) => text,
  strong: (text) => `*${text}*`,
  em: (text) => `_${text}_`,
  del: (text) => `~${text}~`,
  code: (text) => `\`${text}\``,
  block: (text) => fenced(text),
  quote: (text) => prefixed('> ', text),
  link: (href, text) => (text === '' || text === href ? href : `${text} (${href})`),
};

/** A reply as messages: `text` is Markdown, `body` the same in WhatsApp's markup. */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(reply.text, partMax, 'utf16').map((text) => ({ text, body: inMarkup(text, markup) }));
}
