import { StringDecoder } from 'node:string_decoder';
import { client, xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { domainOf } from './address.js';
import type { XmppConfig } from './config.js';
import { connectionFailure, unreachable } from './failure.js';
import { loginOf, useScram } from './login.js';
import { ns } from './namespaces.js';
import { isLoopback, servicesOf } from './service.js';

/** What another connection, of whatever process, needs to go on where this one ended (XEP-0198). */
export type Session = {
  readonly id: string;
  /** The full address that was bound. */
  readonly address: string;
  /** How many stanzas are taken for good. */
  readonly taken: number;
};

export type LineOptions = {
  readonly config: XmppConfig;
  readonly resource: string;
  /** Keeps a session that can be resumed; `from` is one that was kept. Without it nothing outlives the connection. */
  readonly resumable?: { readonly from: Session | undefined };
  /** Every stanza, in order. */
  readonly hear: (stanza: Element) => void;
  readonly signal: AbortSignal;
};

/** An open connection. */
export type Line = {
  readonly address: string;
  /** Whether it goes on with the session it was given. */
  readonly resumed: boolean;
  /** The session so far, when the server keeps one, with so many stanzas taken. */
  session(taken: number): Session | undefined;
  /** Tells the server how many stanzas are taken: it need not keep them. */
  acknowledge(taken: number): void;
  /** Resolves when it is written. */
  send(stanza: Element): Promise<void>;
  /** What an address answers to a question; `refused` is the error that it answers instead. @throws AppError `channel.failed` */
  ask(iq: Element): Promise<{ readonly answer: Element } | { readonly refused: Element | undefined }>;
  /** Whether this address answers a ping well; in any case, what was sent to it before has been looked at. */
  ping(to: string): Promise<boolean>;
  isOpen(): boolean;
  /** Hears once when the connection is over, or has heard already. Returns what takes that back. */
  onClosed(heard: () => void): () => void;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  /** Says good-bye: nothing is left to be resumed. */
  end(): Promise<void>;
  /** Breaks it off, so that its session can be resumed. */
  drop(): void;
};

const openMs = 15_000;
const answerMs = 10_000;
/** Of one stanza, characters. */
const stanzaMax = 1_048_576;

type Client = ReturnType<typeof client>;
type Destroyable = { destroy?: () => void; socket?: { destroy(): void } | null; remoteAddress?: string };
type Asker = { request(iq: Element, timeoutMs: number): Promise<Element> };
type Management = Client['streamManagement'] & {
  requestAckInterval: number;
  timeout: number;
  on(event: 'resumed', heard: () => void): void;
};

/**
 * Opens a connection and authenticates, in the clear on this machine only.
 * @throws AppError `channel.failed`, `channel.rejected`
 */
export async function openLine(options: LineOptions): Promise<Line> {
  let failure = unreachable();
  for (const service of await servicesOf(options.config)) {
    options.signal.throwIfAborted();
    try {
      return await openOne(options, service);
    } catch (thrown) {
      failure = connectionFailure(thrown);
      if (failure.code === 'channel.rejected') break;
    }
  }
  throw failure;
}

async function openOne({ config, resource, resumable, hear, signal }: LineOptions, service: string): Promise<Line> {
  const domain = domainOf(config.jid);
  const xmpp: Client = client({
    ...{ service, domain, resource, timeout: openMs },
    credentials: async (authenticate, offered) => {
      const local = isLoopback((xmpp.socket as Destroyable | null)?.remoteAddress);
      const { mechanism, ...credentials } = loginOf(config, offered, { secure: xmpp.isSecure(), local });
      await authenticate(credentials, mechanism, xml('user-agent'));
    },
  });
  useScram(xmpp);
  // It would connect again by itself, at a fixed pace and with what it believes to be taken.
  xmpp.reconnect.stop();
  const sm = xmpp.streamManagement as Management;
  const asker = Reflect.get(xmpp, 'iqCaller') as Asker;
  const kept = manage(xmpp, sm, resumable?.from);
  boundStanzas(xmpp, () => drop());

  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const hearers = new Set<() => void>();
  opened.promise.catch(() => undefined);
  let online = false;
  let over = false;
  const look = (): void => void (online && kept.isSettled() && opened.resolve());
  const drop = (): void => {
    const socket = xmpp.socket as Destroyable | null;
    if (socket?.destroy !== undefined) socket.destroy();
    else socket?.socket?.destroy();
  };
  xmpp.on('error', (error: unknown) => opened.reject(error));
  xmpp.on('disconnect', () => {
    over = true;
    opened.reject(unreachable());
    closed.resolve();
    for (const heard of hearers) heard();
    hearers.clear();
  });
  xmpp.on('online', () => {
    online = true;
    look();
  });
  sm.on('resumed', () => opened.resolve());
  // Before the library's own listeners: what it counts, and when, is not what is taken for good.
  xmpp.prependListener('element', (element: Element) => {
    if (element.is('features', ns.streams)) {
      element.remove('authentication', ns.sasl2);
      if (resumable === undefined) element.remove('sm', ns.sm);
      if (element.getChild('sm', ns.sm) !== undefined) kept.begin();
    } else if (element.getNS() === ns.sm) {
      kept.answered(element);
      look();
    } else if (xmpp.isStanza(element) && kept.isSettled() && (online || kept.resumed())) hear(element);
  });
  const onClosed = (heard: () => void): (() => void) => {
    if (over) heard();
    else hearers.add(heard);
    return () => void hearers.delete(heard);
  };
  signal.addEventListener('abort', drop, { once: true });
  const late = setTimeout(() => {
    opened.reject(unreachable(' in time'));
    drop();
  }, openMs);
  try {
    signal.throwIfAborted();
    xmpp.start().catch((error: unknown) => opened.reject(error));
    await opened.promise;
  } catch (thrown) {
    signal.removeEventListener('abort', drop);
    drop();
    throw thrown;
  } finally {
    clearTimeout(late);
  }
  const ask: Line['ask'] = async (iq) => {
    if (over) throw unreachable();
    const answered = asker.request(iq, answerMs).then(
      (answer) => ({ answer }),
      (thrown: unknown) => {
        if (!(thrown instanceof Error) || thrown.name !== 'StanzaError') throw unreachable();
        return { refused: Reflect.get(thrown, 'element') as Element | undefined };
      },
    );
    const lost = Promise.withResolvers<never>();
    const forget = onClosed(() => lost.reject(unreachable()));
    return Promise.race([answered, lost.promise]).finally(forget);
  };
  void closed.promise.then(() => signal.removeEventListener('abort', drop));
  if (over) closed.resolve();

  return {
    address: String(xmpp.jid),
    resumed: kept.resumed(),
    session: (taken) => (kept.id() === '' ? undefined : { id: kept.id(), address: String(xmpp.jid), taken }),
    acknowledge: (taken) => {
      kept.take(taken);
      if (kept.id() !== '') xmpp.send(xml('a', { xmlns: ns.sm, h: String(taken) })).catch(() => undefined);
    },
    send: async (stanza) => {
      if (over) throw unreachable();
      await xmpp.send(stanza).catch(() => {
        over = true;
        drop();
        throw unreachable();
      });
    },
    ask,
    ping: async (to) => 'answer' in (await ask(xml('iq', { type: 'get', to }, xml('ping', { xmlns: ns.ping })))),
    isOpen: () => !over,
    onClosed,
    closed: closed.promise,
    end: async () => {
      await xmpp.stop().catch(() => undefined);
      drop();
    },
    drop,
  };
}

/** A session that the server keeps, and how far it is taken. */
type Kept = {
  id(): string;
  resumed(): boolean;
  /** Whether nothing is asked of the server that it has not answered. */
  isSettled(): boolean;
  begin(): void;
  answered(element: Element): void;
  take(taken: number): void;
};

/** Makes the library's stream management say what is taken, not what has come in, and go on with another client's session. */
function manage(xmpp: Client, sm: Management, from: Session | undefined): Kept {
  let phase: 'settled' | 'resuming' | 'enabling' = 'settled';
  let taken = from?.taken ?? 0;
  let resumed = false;
  let id = '';
  // A silent connection is ended by whoever listens: the library would say good-bye, which ends the session.
  sm.requestAckInterval = 0;
  sm.timeout = 0;
  if (from !== undefined) {
    sm.id = from.id;
    Reflect.apply(Reflect.get(xmpp, '_jid') as (address: string) => void, xmpp, [from.address]);
  }
  Object.defineProperty(sm, 'inbound', { get: () => taken, set: () => {} });
  return {
    id: () => id,
    resumed: () => resumed,
    isSettled: () => phase === 'settled',
    begin: () => void (phase = from === undefined ? 'enabling' : 'resuming'),
    take: (count) => void (taken = count),
    answered: ({ name, attrs }) => {
      if (name === 'failed') {
        // After a refused resumption an address is bound, and then a session begun.
        phase = phase === 'resuming' ? 'enabling' : 'settled';
        taken = 0;
      } else if (name === 'resumed' && from !== undefined) {
        phase = 'settled';
        resumed = true;
        id = from.id;
        // What the other client had sent is its own affair.
        sm.outbound = Number(attrs['h'] ?? 0);
      } else if (name === 'enabled') {
        phase = 'settled';
        taken = 0;
        id = attrs['resume'] === undefined ? '' : String(attrs['id'] ?? '');
      }
    },
  };
}

/** Characters that come in two pieces stay whole, and a stanza without end ends the connection. */
function boundStanzas(xmpp: Client, tooLong: () => void): void {
  const decoder = new StringDecoder('utf8');
  let pending = 0;
  xmpp.on('element', () => void (pending = 0));
  Reflect.set(xmpp, '_onData', (data: Buffer) => {
    pending += data.length;
    if (pending > stanzaMax) return tooLong();
    xmpp.parser?.write(decoder.write(data));
  });
}
