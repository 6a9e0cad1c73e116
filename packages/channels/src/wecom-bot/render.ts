import type { Reply } from '@queueclaw/contracts';
import type { Outgoing } from '../contract.js';
import { splitText } from '../split-text.js';

/** WeCom takes 20,480 bytes of Markdown. */
const partBytesMax = 18_000;
const bodyBytesMax = 20_480;

/** What is sent of a part, and whether it is the one that answers the request. */
export type Body = { readonly markdown: string; readonly first: boolean };

/** WeCom reads `<@person>` as a mention: a space of no width makes what is quoted plain. */
const pingless = (text: string): string => text.replaceAll('<@', '<\u200b@');

function parts(text: string, max: number = partBytesMax): readonly string[] {
  return splitText(text, max, 'bytes').flatMap((part) =>
    Buffer.byteLength(pingless(part)) <= bodyBytesMax ? [part] : parts(part, Math.floor(max / 3)),
  );
}

/** A reply as messages: Markdown, which WeCom shows. */
export function render(reply: Reply): readonly Outgoing[] {
  return parts(reply.text).map((text, at) => {
    const body: Body = { markdown: pingless(text), first: at === 0 };
    return { text, body };
  });
}
