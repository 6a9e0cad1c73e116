import { type Reply, say } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { inParts, inWeChat } from '../wechat-text.js';

/** WeChat takes so many messages for each one of the person. */
const messagesMax = 5;
const bodyBytesMax = 2_048;
const notice = (['zh', 'en'] as const).map((language) => say(language, 'reply.cut', { count: messagesMax })).join('\n');

/** What is sent of a part: WeChat shows no Markdown. */
export type Body = { readonly text: string };

const formsOf = (part: string): Body => ({ text: inWeChat(part) });

/** A shorter one that has room for the notice. */
function cut(text: string): Outgoing {
  for (let max = 1_500; ; max /= 2) {
    const [part] = inParts(text, formsOf, max);
    const body = { text: `${part?.body.text ?? ''}\n\n${notice}` };
    if (max < 400 || Buffer.byteLength(body.text) <= bodyBytesMax)
      return { text: `${part?.text ?? ''}\n\n${notice}`, body };
  }
}

/** A reply as messages, five at most: `text` is Markdown, `body` the same without marks. One that is longer says so at its end. */
export function render(reply: Reply): readonly Outgoing[] {
  const parts = inParts(reply.text, formsOf);
  const last = parts[messagesMax - 1];
  return parts.length <= messagesMax || last === undefined
    ? parts
    : [...parts.slice(0, messagesMax - 1), cut(last.text)];
}
