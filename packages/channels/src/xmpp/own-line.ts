import { randomUUID } from 'node:crypto';
import type { Element } from '@xmpp/xml';
import { domainOf, nickOf } from './address.js';
import type { XmppConfig } from './config.js';
import { type Line, openLine } from './line.js';
import { type Outlet, outletOf } from './outlet.js';

/** A connection to send by, opened when it is needed. It is not visible: only answers to its full address reach it. */
export type OwnLine = {
  /** @throws AppError `channel.failed`, `channel.rejected` */
  outlet(): Promise<Outlet>;
  end(): Promise<void>;
};

export function ownLine(config: XmppConfig, hear: (stanza: Element) => void, signal: AbortSignal): OwnLine {
  let open: Promise<readonly [Line, Outlet]> | undefined;

  const start = async (): Promise<readonly [Line, Outlet]> => {
    const made: { line?: Line } = {};
    const outlet = outletOf(() => made.line, nickOf(config), domainOf(config.jid));
    const line = await openLine({
      ...{ config, resource: `queueclaw-${randomUUID().slice(0, 8)}`, signal },
      hear: (stanza) => {
        outlet.hear(stanza);
        hear(stanza);
      },
    });
    made.line = line;
    return [line, outlet];
  };
  const current = (): Promise<readonly [Line, Outlet]> => {
    if (open !== undefined) return open;
    const opening = start();
    const forget = (): void => void (open === opening && (open = undefined));
    opening.then(([line]) => line.closed.then(forget), forget);
    return (open = opening);
  };
  return {
    outlet: async () => {
      const [, outlet] = await current();
      if (outlet.isOpen()) return outlet;
      open = undefined;
      return (await current())[1];
    },
    end: async () => {
      const ending = open;
      open = undefined;
      await ending?.then(([line]) => line.end()).catch(() => undefined);
    },
  };
}
