import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type Route, toAppError } from '@queueclaw/contracts';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import type { ChannelDoor, Connection } from '../contract.js';
import { fetchPublic } from '../fetch-public.js';
import { bareOf, domainOf, nickOf } from './address.js';
import { chatStates, type Target } from './chat-states.js';
import type { XmppConfig } from './config.js';
import { listenToServer } from './listen.js';
import { isSaid, messageIn } from './message.js';
import { ns } from './namespaces.js';
import type { Outlet } from './outlet.js';
import { ownLine } from './own-line.js';
import { sayable } from './render.js';
import { uploadsOf } from './upload.js';

const idOf = (key: string): string => `q${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
const triesMax = 5;

/**
 * Connects one account: logs in, to see that it can. Who listens holds the one session that people see; the others send by
 * connections of their own, opened when they are needed.
 * @throws AppError `channel.failed`, `channel.rejected`
 */
export async function connect(config: XmppConfig, door: ChannelDoor): Promise<Connection> {
  const nick = nickOf(config);
  let listening: Outlet | undefined;
  const own = ownLine(config, (stanza) => void takeOrComplain(stanza), door.signal);
  const outlet = async (): Promise<Outlet> => (listening?.isOpen() === true ? listening : own.outlet());
  const states = chatStates(async (target, state) => {
    const hint = xml('no-store', { xmlns: 'urn:xmpp:hints' });
    const sign = xml('message', { ...target, id: randomUUID() }, xml(state, { xmlns: ns.chatStates }), hint);
    await (await outlet()).post(sign);
  });

  const uploads = uploadsOf(domainOf(config.jid), config.file_origins);

  const say = async (address: Route['address'], text: string, id: string, about?: Element): Promise<void> => {
    const target = targetOf(address);
    const message = xml('message', { ...target, id }, xml('body', {}, sayable(text)));
    if (about !== undefined) message.append(about);
    message.append(xml('origin-id', { xmlns: ns.sid, id }));
    message.append(xml('active', { xmlns: ns.chatStates }));
    const { nick: to, message: answered } = address ?? {};
    if (to !== undefined && answered !== undefined)
      message.append(xml('reply', { xmlns: ns.reply, to: `${target.to}/${to}`, id: answered }));
    states.said(target.to);
    await (await outlet()).post(message);
  };
  const take = async (stanza: Element): Promise<void> => {
    const from: unknown = stanza.attrs['from'];
    // Who asks may see that it is there: that is all there is to see.
    if (stanza.is('presence') && stanza.attrs['type'] === 'subscribe' && typeof from === 'string')
      return (await outlet()).send(xml('presence', { to: bareOf(from), type: 'subscribed' }));
    const message = messageIn(stanza);
    if (message !== undefined && isSaid(message, nick)) await door.receive(stanza.toString());
  };
  /** Of a connection to send by, whose messages the server does not keep. */
  const takeOrComplain = async (stanza: Element): Promise<void> => {
    for (let tries = 1; tries <= triesMax && !door.signal.aborted; tries += 1) {
      try {
        return await take(stanza);
      } catch (thrown) {
        door.trouble(toAppError(thrown).publicMessage);
        await pause(200 * 2 ** tries, undefined, { signal: door.signal }).catch(() => undefined);
      }
    }
  };

  await own.outlet();
  return {
    self: nick,
    send: async ({ text, body, file }, { address }, key, signal) => {
      if (file === undefined) return say(address, String(body ?? text), idOf(key));
      const until = AbortSignal.any([door.signal, signal]);
      const url = await uploads.put((await outlet()).ask, file, until);
      await say(address, url, idOf(key), xml('x', { xmlns: ns.outOfBand }, xml('url', {}, url)));
    },
    fetch: (file, signal) => fetchPublic(file, config.file_origins, AbortSignal.any([door.signal, signal])),
    typing: ({ address }) => states.show(targetOf(address)),
    listen: (signal) =>
      listenToServer({
        ...{ config, notes: door.notes, take, trouble: door.trouble },
        signal: AbortSignal.any([signal, door.signal]),
        opened: (now) => {
          listening = now;
          // One connection does for both.
          if (now !== undefined) void own.end();
        },
      }),
    stop: async () => {
      states.stop();
      await own.end();
    },
  };
}

function targetOf(address: Route['address'] = {}): Target {
  const { room, to } = address;
  if (room !== undefined) return { to: room, type: 'groupchat' };
  if (to !== undefined) return { to, type: 'chat' };
  throw new AppError('channel.rejected');
}
