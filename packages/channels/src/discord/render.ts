import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { splitText } from '../split-text.js';

/** A reply as messages of at most 2,000 characters; Discord shows Markdown. */
export function render(reply: Reply): readonly Outgoing[] {
  return splitText(reply.text, 2_000, 'utf16').map((text) => ({ text }));
}
