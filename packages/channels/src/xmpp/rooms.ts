import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@queueclaw/contracts';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { bareOf, resourceOf } from './address.js';
import { failureOf, unreachable } from './failure.js';
import type { Line } from './line.js';
import { ns } from './namespaces.js';

/** The rooms that one connection is in. */
export type Rooms = {
  /** Enters, unless it is inside. @throws AppError `channel.failed`, `channel.rejected` */
  enter(room: string): Promise<void>;
  /** What presences say about where we are. */
  hear(stanza: Element): void;
  /** Forgets that it is inside: the room has said otherwise. */
  left(room: string): void;
  /** Stays in these rooms until the signal aborts; never rejects. */
  stay(
    rooms: readonly string[],
    trouble: (room: string, sentence: string | undefined) => void,
    signal: AbortSignal,
  ): Promise<void>;
};

const enterMs = 15_000;
const lookEveryMs = 30_000;
const againMs = 1_000;

/** Without what was said before: that is not said to us. */
const entering = (address: string): Element =>
  xml('presence', { to: address }, xml('x', { xmlns: ns.muc }, xml('history', { maxstanzas: '0' })));

export function roomsOf(line: () => Line | undefined, nick: string): Rooms {
  const inside = new Set<string>();
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  let wake = new AbortController();
  const left = (room: string): void => {
    inside.delete(room);
    wake.abort();
  };
  const enter = async (room: string): Promise<void> => {
    if (inside.has(room)) return;
    const known = waiting.get(room);
    if (known !== undefined) return known.promise;
    const open = line();
    if (open === undefined) throw unreachable();
    const entered = Promise.withResolvers<void>();
    waiting.set(room, entered);
    const late = setTimeout(() => entered.reject(unreachable(' in time')), enterMs);
    const forget = open.onClosed(() => entered.reject(unreachable()));
    try {
      await Promise.all([open.send(entering(`${room}/${nick}`)), entered.promise]);
    } finally {
      clearTimeout(late);
      forget();
      waiting.delete(room);
    }
  };
  /** Somebody may have put us out without our hearing it, as a server that was started anew (XEP-0410). */
  const look = async (room: string): Promise<void> => {
    if (inside.has(room) && (await line()?.ping(`${room}/${nick}`)) === false) inside.delete(room);
    await enter(room);
  };
  return {
    enter,
    left,
    hear: (stanza) => {
      if (stanza.name !== 'presence') return;
      const from = String(stanza.attrs['from'] ?? '');
      const room = bareOf(from);
      const type: unknown = stanza.attrs['type'];
      if (type === 'error') {
        inside.delete(room);
        return waiting.get(room)?.reject(enteringFailure(room, stanza));
      }
      const codes = stanza.getChild('x', ns.mucUser)?.getChildren('status') ?? [];
      const told = codes.some(({ attrs }) => attrs['code'] === '110');
      if (!told && resourceOf(from) !== nick) return;
      if (type === 'unavailable') return left(room);
      if (resourceOf(from) !== nick) {
        // Under another name it would take its own words for somebody else's.
        waiting.get(room)?.reject(new AppError('channel.rejected', { publicMessage: `XMPP: another nick (${room}).` }));
        void line()
          ?.send(xml('presence', { to: from, type: 'unavailable' }))
          .catch(() => undefined);
        return;
      }
      inside.add(room);
      waiting.get(room)?.resolve();
    },
    stay: async (rooms, trouble, signal) => {
      while (!signal.aborted) {
        wake = new AbortController();
        const woken = wake;
        for (const room of rooms) {
          if (signal.aborted) return;
          await look(room).then(
            () => trouble(room, undefined),
            (thrown: unknown) =>
              trouble(room, thrown instanceof AppError ? thrown.publicMessage : unreachable().publicMessage),
          );
        }
        const either = AbortSignal.any([signal, woken.signal]);
        await pause(lookEveryMs, undefined, { signal: either }).catch(() => undefined);
        if (woken.signal.aborted) await pause(againMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

function enteringFailure(room: string, stanza: Element): AppError {
  const { code, publicMessage } = failureOf(stanza.getChild('error'));
  return new AppError(code, { publicMessage: `${publicMessage.replace(/\.$/, '')} (${room}).` });
}
