import { AppError, channelConversation } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import type { Incoming, IncomingFile, ParseContext } from '../contract.js';
import { bareOf, localOf, resourceOf } from './address.js';
import { isOfRoom, isSaid, type Message, messageIn, readStanza, speaksTo, wordsOf } from './message.js';

const textCharsMax = 16_000;

/**
 * The same for a message that is brought again, by whoever. Ids that clients give begin anew with some of them, so the words are
 * part of it.
 */
function idOf({ from, stanzaId, id, text, urls }: Message, newId: () => string): string {
  if (stanzaId === undefined && id === undefined) return `m${newId()}`.slice(0, 64);
  const facts = stanzaId === undefined ? [from, id, text, ...urls] : [bareOf(from), stanzaId];
  return `m${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 40)}`;
}

/** What phones name what was spoken into them. */
const spoken = /^(?:recording|voice|audio)[^/]*\.(?:ogg|oga|opus|m4a|aac|amr)$/i;

/** A file by its address, which ends in its name. */
function fileAt(handle: string): IncomingFile {
  const last = URL.parse(handle)?.pathname.split('/').at(-1) ?? '';
  const name = decoded(last);
  const voice = spoken.test(name) ? { voice: true } : {};
  return { name: name === '' ? undefined : name, type: typeOf(name), handle, ...voice };
}

const types: Readonly<Record<string, string>> = {
  ...{ ogg: 'audio/ogg', oga: 'audio/ogg', opus: 'audio/ogg', m4a: 'audio/mp4', aac: 'audio/aac', amr: 'audio/amr' },
  ...{ pdf: 'application/pdf', txt: 'text/plain', htm: 'text/html', html: 'text/html', mp4: 'video/mp4' },
};
const typeOf = (name: string): string | undefined => {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(types, ending) ? types[ending] : undefined;
};

function decoded(part: string): string {
  try {
    return decodeURIComponent(part).toWellFormed();
  } catch {
    return part;
  }
}

const peerCharsMax = 40;
/** Our ids are short: of a long address they have its digest. */
const peerOf = (address: string): string =>
  address.length <= peerCharsMax ? address : `h${createHash('sha256').update(address).digest('hex').slice(0, 40)}`;

/**
 * A stanza, as text, as mail. `context.self` is our nick in rooms. A person is a conversation, and so is a room. Corrections, what
 * a room repeats to who enters it, notices and errors are nothing.
 * @throws AppError `request.invalid` for what is no stanza
 */
export function parse(payload: unknown, { account, self, newId }: ParseContext): readonly Incoming[] {
  const stanza = typeof payload === 'string' ? readStanza(payload) : undefined;
  if (stanza === undefined) throw new AppError('request.invalid');
  const message = messageIn(stanza);
  if (message === undefined || !isSaid(message, self)) return [];
  const room = isOfRoom(message);
  const peer = bareOf(message.from);
  const nick = resourceOf(message.from);
  const answered = message.stanzaId ?? message.id;
  const from = room
    ? { id: message.from.slice(0, 256), name: nick.slice(0, 256).toWellFormed() }
    : { id: peer.slice(0, 256), name: localOf(peer).slice(0, 256).toWellFormed() };
  return [
    {
      conversation: channelConversation({ channel: 'xmpp', account, peer: peerOf(peer) }),
      place: { kind: room ? 'group' : 'direct', id: peer.slice(0, 256) },
      ...(message.urls.length === 0 ? {} : { files: message.urls.map(fileAt) }),
      addressed: !room || (self !== undefined && speaksTo(self, message)),
      mail: {
        id: idOf(message, newId),
        text: wordsOf(message, self).slice(0, textCharsMax).toWellFormed(),
        from,
        route: {
          ...{ channel: 'xmpp', account },
          address: room
            ? {
                room: peer,
                nick: nick.slice(0, 512),
                ...(answered === undefined ? {} : { message: answered.slice(0, 512) }),
              }
            : { to: peer },
        },
      },
    },
  ];
}

/** Where somebody is written to whose address is given; rooms are known by what they say only. */
export const addressOf = (to: string): { to: string } => ({ to: bareOf(to).slice(0, 512) });
