import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { splitText } from '../split-text.js';
import { mrkdwn } from './mrkdwn.js';

/** Slack recommends 4,000 characters; escapes make the text a little longer. */
const partMax = 3_500;

/** A reply as messages: `text` is Markdown, `body` the same in Slack's own markup (mrkdwn). */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(reply.text, partMax, 'utf16').map((text) => ({ text, body: mrkdwn(text) }));
}
