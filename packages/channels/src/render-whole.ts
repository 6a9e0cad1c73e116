import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from './contract.js';

/** The reply as it is: our own clients render Markdown and take any length. */
export function renderWhole(reply: Reply): readonly Outgoing[] {
  return [{ text: reply.text }];
}
