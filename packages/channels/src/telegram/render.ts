import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { splitText } from '../split-text.js';
import { telegramHtml } from './html.js';

/** Telegram counts 4,096 after the markup is taken off; tables and lists may grow a little. */
const partMax = 3_800;

/** A reply as messages: `text` is the plain fall-back, `body` the same as HTML. */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(reply.text, partMax, 'utf16').map((text) => ({ text, body: telegramHtml(text) }));
}
