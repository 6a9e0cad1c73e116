import type { xml as makeXml } from '@xmpp/client';
import { randomUUID } from 'node:crypto';
import type { Prosody } from './prosody.js';

type Element = ReturnType<typeof makeXml>;

/** A message that a person saw. */
export type Heard = {
  readonly from: string;
  readonly text: string;
  readonly id: string | undefined;
  /** The message that it corrects. */
  readonly replaces: string | undefined;
};

/** Somebody with an ordinary client. */
export type XmppPerson = {
  readonly address: string;
  readonly heard: readonly Heard[];
  /** The messages as they came. */
  readonly stanzas: readonly Element[];
  /** Chat states that were shown, like `composing`, with who showed them. */
  readonly states: readonly { readonly from: string; readonly state: string }[];
  /** Presences that were seen: `<who> <type>`. */
  readonly presences: readonly string[];
  /** Writes to a person, or to a room with `groupchat`. Returns the message's id. */
  say(
    to: string,
    text: string,
    more?: { readonly groupchat?: boolean; readonly id?: string; readonly with?: Element },
  ): Promise<string>;
  /** Enters a room under a nick. */
  enter(room: string, nick: string): Promise<void>;
  /** Sends any stanza. */
  send(stanza: Element): Promise<void>;
  /** Lets nothing of somebody through any more, or again. */
  block(address: string, blocked: boolean): Promise<void>;
  stop(): Promise<void>;
};

/** Logs an account of the server in. */
export async function openXmppPerson(server: Prosody, name: string): Promise<XmppPerson> {
  const { client, xml } = await import('@xmpp/client');
  const { domain } = server;
  const heard: Heard[] = [];
  const stanzas: Element[] = [];
  const states: { from: string; state: string }[] = [];
  const presences: string[] = [];
  const xmpp = client({
    ...{ service: server.straight, domain, resource: 'desk' },
    credentials: async (authenticate) =>
      authenticate({ username: name, password: server.password(name) }, 'PLAIN', xml('user-agent')),
  });
  xmpp.reconnect.stop();
  // The library may count what came before it was asked to, and is then put out.
  xmpp.prependListener('element', (element: Element) => void (element.is('features') && element.remove('sm')));
  xmpp.on('error', () => undefined);
  xmpp.on('stanza', (stanza: Element) => {
    const from = String(stanza.attrs['from'] ?? '');
    if (stanza.is('presence')) presences.push(`${from} ${String(stanza.attrs['type'] ?? 'available')}`);
    if (!stanza.is('message')) return;
    stanzas.push(stanza);
    const text = stanza.getChildText('body');
    const replaces = stanza.getChild('replace', 'urn:xmpp:message-correct:0')?.attrs['id'] as string | undefined;
    const state = stanza.getChildElements().find((child) => child.getNS() === 'http://jabber.org/protocol/chatstates');
    if (state !== undefined) states.push({ from, state: state.name });
    if (text !== null) heard.push({ from, text, id: stanza.attrs['id'] as string | undefined, replaces });
  });
  const asker = Reflect.get(xmpp, 'iqCaller') as { request(iq: Element): Promise<Element> };
  await xmpp.start();
  await xmpp.send(xml('iq', { type: 'get', id: 'roster' }, xml('query', { xmlns: 'jabber:iq:roster' })));
  await xmpp.send(xml('presence'));
  return {
    address: `${name}@${domain}`,
    heard,
    stanzas,
    states,
    presences,
    say: async (to, text, more = {}) => {
      const id = more.id ?? randomUUID();
      const type = more.groupchat === true ? 'groupchat' : 'chat';
      await xmpp.send(
        xml('message', { to, type, id }, xml('body', {}, text), ...(more.with === undefined ? [] : [more.with])),
      );
      return id;
    },
    enter: async (room, nick) => {
      const inside = new Promise<void>((resolve) => {
        const hear = (stanza: Element): void => {
          if (!stanza.is('presence') || stanza.attrs['from'] !== `${room}/${nick}`) return;
          xmpp.off('stanza', hear);
          resolve();
        };
        xmpp.on('stanza', hear);
      });
      const muc = xml('x', { xmlns: 'http://jabber.org/protocol/muc' });
      await xmpp.send(xml('presence', { to: `${room}/${nick}` }, muc));
      await inside;
    },
    send: (stanza) => xmpp.send(stanza),
    block: async (address, blocked) => {
      const item = xml('item', { jid: address });
      const iq = xml('iq', { type: 'set' }, xml(blocked ? 'block' : 'unblock', { xmlns: 'urn:xmpp:blocking' }, item));
      await asker.request(iq);
    },
    stop: async () => void (await xmpp.stop().catch(() => undefined)),
  };
}
