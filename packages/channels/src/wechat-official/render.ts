import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { inParts, inWeChat } from '../wechat-text.js';

/** What is sent of a part: WeChat shows no Markdown. */
export type Body = { readonly text: string };

/** A reply as messages: `text` is Markdown, `body` the same without marks. */
export function render(reply: Reply): readonly Outgoing[] {
  return inParts(reply.text, (part): Body => ({ text: inWeChat(part) }));
}
