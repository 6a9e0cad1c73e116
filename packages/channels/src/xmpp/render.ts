import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { fenced, inMarkup, type Markup, prefixed } from '../markup.js';
import { splitText } from '../split-text.js';

/** Servers must take stanzas of 10,000 bytes (RFC 6120, 13.12); names, ids and markup need some. */
export const partBytesMax = 6_000;
/** A table that is padded to its widest cell may grow beyond this; it is then shown as it was written. */
const bodyBytesMax = 8_000;

/** No XML has them, escaped or not: a server ends the connection. */
// oxlint-disable-next-line no-control-regex
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
export const sayable = (text: string): string => text.toWellFormed().replaceAll(impossible, '\ufffd');

/** What clients show of a text (XEP-0393): it has no way to escape. */
const markup: Markup = {
  escape: (text) => text,
  strong: (text) => `*${text}*`,
  em: (text) => `_${text}_`,
  del: (text) => `~${text}~`,
  code: (text) => `\`${text}\``,
  block: (text) => fenced(text),
  quote: (text) => prefixed('> ', text),
  link: (href, text) => (text === href ? href : `${text} (${href})`),
};

function body(markdown: string): string {
  const made = sayable(inMarkup(markdown, markup));
  return made === '' || Buffer.byteLength(made) > bodyBytesMax ? markdown : made;
}

/** A reply as messages: `text` is Markdown, `body` the same as clients show it. */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(sayable(reply.text), partBytesMax, 'bytes').map((text) => ({ text, body: body(text) }));
}
