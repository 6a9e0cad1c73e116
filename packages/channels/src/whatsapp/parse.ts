import { AppError, channelConversation } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import type { Incoming, ParseContext } from '../contract.js';
import { Envelope, wordsOf } from './message.js';

const textCharsMax = 16_000;

/** Ids of the platform have signs that ours have not, and may be long. */
const idOf = (id: string): string => `w${createHash('sha256').update(id).digest('hex').slice(0, 40)}`;

/**
 * A webhook call as mail, for every message in it. `context.self` is the id of our number: what went to another one, or comes
 * from it, is nothing; so are receipts and reactions.
 * @throws AppError `request.invalid` for what is no call of it
 */
export function parse(payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) throw new AppError('request.invalid');
  return wordsOf(envelope.data)
    .filter(({ number, from }) => (self === undefined || number === self) && from !== self)
    .map(({ id, from, name, text, files }) => ({
      conversation: channelConversation({ channel: 'whatsapp', account, peer: from }),
      place: { kind: 'direct', id: from },
      addressed: true,
      ...(files.length === 0 ? {} : { files }),
      mail: {
        id: idOf(id),
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: from, ...(name === undefined ? {} : { name: name.slice(0, 256) }) },
        route: { channel: 'whatsapp', account, address: { to: from, message: id } },
      },
    }));
}
