import type { Element } from '@xmpp/xml';
import { bareOf, resourceOf } from './address.js';
import { conditionOf, failureOf, unreachable } from './failure.js';
import type { Line } from './line.js';
import { ns } from './namespaces.js';
import { type Rooms, roomsOf } from './rooms.js';

/** A connection to send by, and what comes back of what was sent. */
export type Outlet = {
  readonly rooms: Rooms;
  isOpen(): boolean;
  /** Sends what is not answered. */
  send(stanza: Element): Promise<void>;
  /** See `Line.ask`. */
  readonly ask: Line['ask'];
  /** What comes in. */
  hear(stanza: Element): void;
  /**
   * Sends a message, and resolves when the server has taken it, or the room has repeated it.
   * @throws AppError `channel.failed`, `channel.rejected`
   */
  post(message: Element): Promise<void>;
};

const repeatMs = 15_000;

/** @param line once it is open */
export function outletOf(line: () => Line | undefined, nick: string, domain: string): Outlet {
  const rooms = roomsOf(line, nick);
  const sent = new Map<string, PromiseWithResolvers<void>>();

  const heardOf = (stanza: Element): PromiseWithResolvers<void> | undefined => {
    const origin: unknown = stanza.getChild('origin-id', ns.sid)?.attrs['id'];
    return sent.get(String(stanza.attrs['id'])) ?? sent.get(String(origin));
  };
  return {
    rooms,
    isOpen: () => line()?.isOpen() ?? false,
    send: async (stanza) => line()?.send(stanza) ?? Promise.reject(unreachable()),
    ask: async (iq) => line()?.ask(iq) ?? Promise.reject(unreachable()),
    hear: (stanza) => {
      rooms.hear(stanza);
      if (stanza.name !== 'message') return;
      const from = String(stanza.attrs['from'] ?? '');
      if (stanza.attrs['type'] === 'error') {
        const error = stanza.getChild('error');
        if (conditionOf(error) === 'not-acceptable') rooms.left(bareOf(from));
        heardOf(stanza)?.reject(failureOf(error));
      } else if (stanza.attrs['type'] === 'groupchat' && resourceOf(from) === nick) heardOf(stanza)?.resolve();
    },
    post: async (message) => {
      const open = line();
      if (open === undefined) throw unreachable();
      const { id, to, type } = message.attrs as Record<string, string>;
      const room = type === 'groupchat';
      if (room) await rooms.enter(bareOf(to ?? ''));
      const answer = Promise.withResolvers<void>();
      answer.promise.catch(() => undefined);
      sent.set(id ?? '', answer);
      const forget = open.onClosed(() => answer.reject(unreachable()));
      const late = setTimeout(() => answer.reject(unreachable(' in time')), repeatMs);
      try {
        await open.send(message);
        // A server looks at one after the other: what it says to a message comes before the answer to the ping.
        if (!room) void open.ping(domain).then(() => answer.resolve(), answer.reject);
        await answer.promise;
      } finally {
        clearTimeout(late);
        forget();
        sent.delete(id ?? '');
      }
    },
  };
}
