import type { MessageStatus, TranscriptEntry } from '@queueclaw/contracts';
import { eventually } from '@queueclaw/testing';
import type { Fleet } from './fleet.js';
import { markOf, marksIn } from './marks.js';

export type LoadOptions = {
  /** Conversations of each kind of client. */
  readonly conversations: number;
  readonly messages: number;
  /** The number of the first. */
  readonly first: number;
  /** How long somebody waits for an answer, milliseconds. */
  readonly patienceMs: number;
  /** Says that one more message has its end. */
  readonly onEnd: () => void;
};

/** What the clients were promised and what they saw. */
export type Heard = {
  readonly said: readonly string[];
  readonly heard: readonly string[];
  readonly told: readonly string[];
};

/** A kind of client. */
type Client = {
  readonly kind: string;
  /** Resolves when the message is promised to be answered. */
  say(conversation: string, at: number, text: string): Promise<void>;
  /** What one conversation has heard so far, in order: texts of replies. */
  replies(conversation: string): Promise<readonly string[]>;
  close?(): void;
};

const textOf = (conversation: string, at: number): string =>
  `${at % 3 === 1 ? 'act' : 'say'} ${markOf(conversation, at)}`;
const isWithout = (text: string): boolean => marksIn(text).length === 0;
const numberOf = (conversation: string): number => Number(/\d+$/.exec(conversation)?.[0] ?? 0);

type Patience = { readonly timeoutMs: number };

/** Whoever answers of the ingresses. */
const ask = (fleet: Fleet, patience: Patience, path: string, init?: RequestInit): Promise<unknown> => {
  let tries = 0;
  return eventually(async () => {
    const port = fleet.ports[(tries += 1) % fleet.ports.length];
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status}: ${JSON.stringify(body)}`);
    return body;
  }, patience);
};

const overHttp = (fleet: Fleet, patience: Patience): Client => ({
  kind: 'http',
  say: async (conversation, at, text) => {
    const body = JSON.stringify({ conversation, id: `${conversation}-${at}`, text });
    await ask(fleet, patience, '/api/message', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await eventually(async () => {
      const path = `/api/messages/${conversation}-${at}?conversation=${conversation}`;
      const { status } = (await ask(fleet, patience, path)) as MessageStatus;
      if (status === 'accepted' && at % 3 === 2) throw new Error(`${conversation}-${at} has no end`);
    }, patience);
  },
  replies: async (conversation) => {
    const { entries } = (await ask(fleet, patience, `/api/conversations/${conversation}?limit=500`)) as {
      entries: TranscriptEntry[];
    };
    return entries.flatMap((entry) =>
      entry.role === 'assistant' && (entry.calls ?? []).length === 0 ? [entry.text] : [],
    );
  },
});

type Frame = { type: string; conversation?: string; id?: string; text?: string; cursor?: string; answers?: string[] };

const overSocket = (fleet: Fleet, patience: Patience): Client => {
  const texts = new Map<string, Map<string, string>>();
  const accepted = new Set<string>();
  const cursors = new Map<string, string>();
  const closing = new AbortController();
  const sockets = new Map<string, WebSocket>();
  let tries = 0;
  const open = async (conversation: string): Promise<WebSocket> => {
    const known = sockets.get(conversation);
    if (known !== undefined && known.readyState <= WebSocket.OPEN) return known;
    const port = fleet.ports[(tries += 1) % fleet.ports.length];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const opened = Promise.withResolvers<void>();
    socket.addEventListener('open', () => {
      const cursor = cursors.get(conversation) ?? '0-0';
      socket.send(JSON.stringify({ type: 'subscribe', conversation, cursor }));
      opened.resolve();
    });
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      if (frame.cursor !== undefined) cursors.set(conversation, frame.cursor);
      if (frame.type === 'accepted') accepted.add(frame.id ?? '');
      if (frame.type !== 'reply') return;
      const seen = texts.get(conversation) ?? new Map<string, string>();
      texts.set(conversation, seen.set(frame.id ?? '', frame.text ?? ''));
    });
    const lost = (): void => {
      opened.reject(new Error('the socket was lost'));
      sockets.delete(conversation);
      if (!closing.signal.aborted) void eventually(() => open(conversation), patience).catch(() => undefined);
    };
    socket.addEventListener('close', lost, { once: true });
    socket.addEventListener('error', () => undefined);
    opened.promise.catch(() => undefined);
    sockets.set(conversation, socket);
    await opened.promise;
    return socket;
  };
  return {
    kind: 'socket',
    say: async (conversation, at, text) => {
      const id = `${conversation}-${at}`;
      await eventually(async () => {
        const socket = await open(conversation);
        socket.send(JSON.stringify({ type: 'send', conversation, id, text }));
        await eventually(() => {
          if (!accepted.has(id)) throw new Error(`${id} was not accepted`);
        });
      }, patience);
    },
    replies: async (conversation) => [...(texts.get(conversation)?.values() ?? [])],
    close: () => {
      closing.abort();
      for (const socket of sockets.values()) socket.close();
    },
  };
};

const byTelegram = ({ telegram }: Fleet): Client => {
  const chat = (conversation: string): number => 5_000 + numberOf(conversation);
  return {
    kind: 'telegram',
    say: async (conversation, _at, text) => {
      const id = chat(conversation);
      const from = { id, is_bot: false, first_name: 'Ada', language_code: 'en' };
      telegram.say(text, { message: { from, chat: { id, type: 'private' } } });
    },
    replies: async (conversation) =>
      telegram.sent.flatMap(({ chat: to, text }) => (to === String(chat(conversation)) ? [text] : [])),
  };
};

const bySlack = ({ slack }: Fleet): Client => {
  const chat = (conversation: string): string => `D${500 + numberOf(conversation)}`;
  return {
    kind: 'slack',
    say: async (conversation, _at, text) => {
      const channel = chat(conversation);
      await slack.say(text, { channel, user: `U${500 + numberOf(conversation)}` });
    },
    replies: async (conversation) =>
      slack.sent.flatMap(({ channel, text }) => (channel === chat(conversation) ? [text] : [])),
  };
};

/**
 * People write through every kind of client. Resolves when each of their messages has its end, or they have lost patience: what
 * is said and not heard then is for the auditor.
 */
export async function runLoad(
  fleet: Fleet,
  { conversations, messages, first, patienceMs, onEnd }: LoadOptions,
): Promise<Heard> {
  const patience = { timeoutMs: patienceMs };
  const clients = [overHttp(fleet, patience), overSocket(fleet, patience), byTelegram(fleet), bySlack(fleet)];
  const said: string[] = [];
  const heard: string[] = [];
  const told: string[] = [];
  const converse = async (client: Client, conversation: string): Promise<void> => {
    let ended = 0;
    for (let at = 0; at < messages; at += 1) {
      await client.say(conversation, at, textOf(conversation, at));
      said.push(markOf(conversation, at));
      // Now and then people wait for the answers so far.
      if (at % 3 !== 2 && at !== messages - 1) continue;
      await eventually(async () => {
        const texts = await client.replies(conversation);
        const answered = new Set(texts.flatMap(marksIn)).size + texts.filter(isWithout).length;
        for (; ended < Math.min(answered, at + 1); ended += 1) onEnd();
        if (answered <= at) throw new Error(`${conversation} has ${answered} answers of ${at + 1}`);
      }, patience);
    }
  };
  const namesOf = ({ kind }: Client): string[] =>
    Array.from({ length: conversations }, (_, at) => `${kind}${first + at}`);
  await Promise.allSettled(clients.flatMap((client) => namesOf(client).map((name) => converse(client, name))));
  for (const client of clients) {
    for (const conversation of namesOf(client)) {
      const texts = await client.replies(conversation).catch(() => []);
      const marks = texts.flatMap((text) => marksIn(text));
      heard.push(...marks);
      // A reply without a mark says that something failed, and to whom it belongs is clear: one answer follows the other.
      const silent = said.filter((mark) => mark.startsWith(`#${conversation}-`) && !marks.includes(mark));
      told.push(...silent.slice(0, texts.filter(isWithout).length));
    }
    client.close?.();
  }
  return { said, heard, told };
}
