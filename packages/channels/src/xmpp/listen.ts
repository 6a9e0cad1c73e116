import { setTimeout as pause } from 'node:timers/promises';
import { AppError, toAppError } from '@queueclaw/contracts';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { z } from 'zod';
import type { Notes } from '../contract.js';
import { bareOf, domainOf, nickOf } from './address.js';
import type { XmppConfig } from './config.js';
import { connectionFailure } from './failure.js';
import { type Line, openLine, type Session } from './line.js';
import { createLanes } from '../lanes.js';
import { type Outlet, outletOf } from './outlet.js';

export type ListenOptions = {
  readonly config: XmppConfig;
  /** Where the session is kept, so that another process can go on with it. */
  readonly notes: Notes;
  /** Makes a stanza durable, if it is for us. */
  readonly take: (stanza: Element) => Promise<void>;
  /** The connection that listens, while there is one. */
  readonly opened: (outlet: Outlet | undefined) => void;
  readonly trouble: (sentence: string | undefined) => void;
  readonly signal: AbortSignal;
};

const Kept: z.ZodType<Session> = z.object({
  id: z.string().min(1).max(512),
  address: z.string().max(3_072),
  taken: z.number().int().nonnegative(),
});

const waitMsMax = 30_000;
const lookEveryMs = 15_000;
/** How far what is taken may run ahead of what is noted. */
const noteEvery = 50;
/** Stanzas that may wait for their turn. */
const waitingMax = 2_000;
const unclearTriesMax = 3;

/**
 * Listens until the signal aborts; never rejects. The server keeps whatever is not acknowledged, and nothing is before it is
 * durable and noted: a connection that this or another process makes in time goes on with the session, rooms and all.
 */
export async function listenToServer(options: ListenOptions): Promise<void> {
  const { trouble, signal } = options;
  for (let failures = 0; !signal.aborted;) {
    const startedAt = performance.now();
    try {
      await oneConnection(options);
      if (!signal.aborted) trouble('The XMPP server ended the connection.');
    } catch (thrown) {
      if (signal.aborted) return;
      trouble(connectionFailure(thrown).publicMessage);
    }
    failures = performance.now() - startedAt > 60_000 ? 0 : failures + 1;
    await pause(Math.min(500 * 2 ** Math.min(failures - 1, 6), waitMsMax), undefined, { signal }).catch(
      () => undefined,
    );
  }
}

function sessionIn(text: string | undefined): Session | undefined {
  try {
    return Kept.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}

/** Connects, and takes stanzas until the connection ends or the signal aborts. */
async function oneConnection(options: ListenOptions): Promise<void> {
  const { config, notes, opened, trouble, signal } = options;
  const from = sessionIn(await notes.read());
  const made: { line?: Line } = {};
  const early: Element[] = [];
  const outlet = outletOf(() => made.line, nickOf(config), domainOf(config.jid));
  const taking = takeInTurn(options, () => made.line);
  const hear = (stanza: Element): void => {
    outlet.hear(stanza);
    taking.add(stanza);
  };
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const line = await openLine({
    ...{ config, resource: 'queueclaw', resumable: { from }, signal },
    hear: (stanza) => void (made.line === undefined ? early.push(stanza) : hear(stanza)),
  });
  made.line = line;
  taking.begin(line.resumed ? (from?.taken ?? 0) : 0);
  for (const stanza of early.splice(0)) hear(stanza);
  const states = new Map<string, string>();
  const tell = (room: string, sentence: string | undefined): void => {
    if (sentence === undefined) states.delete(room);
    else states.set(room, sentence);
    trouble([...states.values()][0]);
  };
  try {
    if (!line.resumed) await line.send(xml('presence'));
    await taking.note();
    trouble(undefined);
    opened(outlet);
    const staying = outlet.rooms.stay(config.rooms.map(bareOf), tell, over);
    void watch(line, domainOf(config.jid), over);
    await line.closed;
    ended.abort();
    await staying;
  } finally {
    ended.abort();
    opened(undefined);
    // Without a good-bye, so that the session outlives it.
    line.drop();
    await taking.end();
  }
}

/** Breaks a connection off that has fallen silent. */
async function watch(line: Line, domain: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(lookEveryMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await line.ping(domain).catch(() => line.drop());
  }
}

type Taking = {
  /** What is taken before this connection. */
  begin(taken: number): void;
  add(stanza: Element): void;
  note(): Promise<void>;
  end(): Promise<void>;
};

/** Takes stanzas, those of one sender one after the other, and notes up to where all are taken. */
function takeInTurn({ take, notes, trouble, signal }: ListenOptions, line: () => Line | undefined): Taking {
  let taken = 0;
  let noted = 0;
  let waiting = 0;
  let ended = false;
  let tail = Promise.resolve();
  const lanes = createLanes(waitingMax);

  const note = async (): Promise<void> => {
    const session = line()?.session(taken);
    if (session === undefined) return;
    await notes.write(JSON.stringify(session));
    noted = taken;
    line()?.acknowledge(taken);
  };
  /** Until it is done, or cannot be, or somebody else will do it. */
  const surely = async (work: () => Promise<void>): Promise<void> => {
    for (let failures = 0; !ended && !signal.aborted;) {
      try {
        await work();
        if (failures > 0) trouble(undefined);
        return;
      } catch (thrown) {
        const error = toAppError(thrown);
        trouble(error.publicMessage);
        failures += 1;
        const ours = error.disposition === 'retry' || error.disposition === 'retry-after';
        if (!ours && failures >= unclearTriesMax) return;
        if (thrown instanceof AppError && !ours) return;
        await pause(Math.min(200 * 2 ** Math.min(failures, 7), waitMsMax), undefined, { signal }).catch(
          () => undefined,
        );
      }
    }
  };
  return {
    begin: (count) => void ([taken, noted] = [count, count]),
    note,
    add: (stanza) => {
      // One too many is not acknowledged, and comes again.
      if ((waiting += 1) > waitingMax) line()?.drop();
      const from: unknown = stanza.attrs['from'];
      const taking = lanes.run(typeof from === 'string' ? bareOf(from) : '', () => surely(() => take(stanza)));
      taking.catch(() => undefined);
      tail = tail.then(async () => {
        // Beyond what may wait there is no connection any more.
        await taking.catch(() => (ended = true));
        if (ended || signal.aborted) return;
        waiting -= 1;
        taken += 1;
        if (stanza.name === 'message' || taken - noted >= noteEvery) await surely(note);
      });
    },
    end: async () => {
      ended = true;
      await tail;
    },
  };
}
