import type { MessageStatus, TranscriptEntry } from '@queueclaw/contracts';
import { eventually } from '@queueclaw/testing';
import type { Fleet } from './fleet.js';
import { markOf, marksIn } from './marks.js';

export type LoadOptions = {
  /** Conversations of each kind of client. */
  readonly conversations: number;
  readonly messages: number;
  /** Whether they go on, up to 150 messages each. */
  readonly goesOn: () => boolean;
  /** The number of the first. */
  readonly first: number;
  /** How long somebody waits for an answer, milliseconds. */
  readonly patienceMs: number;
  /** How often each message is brought at once, and once more after the next one, where the platform repeats. */
  readonly repeats?: number;
  /** Says that one more message has its end. */
  readonly onEnd: () => void;
};

/** What the clients were promised and what they saw. */
export type Heard = {
  readonly said: readonly string[];
  readonly heard: readonly string[];
  readonly told: readonly string[];
  /** What they were told then. */
  readonly words: readonly string[];
};

/** A kind of client. */
type Client = {
  readonly kind: string;
  /** Resolves when the message is promised to be answered. */
  say(conversation: string, at: number, text: string): Promise<void>;
  /** Brings it once more; absent: the platform never does. Resolves whatever the answer is. */
  again?(conversation: string, at: number, text: string): Promise<unknown>;
  /** What one conversation has heard so far, in order: texts of replies. */
  replies(conversation: string): Promise<readonly string[]>;
  close?(): void;
};

const textOf = (conversation: string, at: number): string =>
  `${at % 3 === 1 ? 'act' : 'say'} ${markOf(conversation, at)}`;
const isWithout = (text: string): boolean => marksIn(text).length === 0;
const numberOf = (conversation: string): number => Number(/\d+$/.exec(conversation)?.[0] ?? 0);

const messagesMax = 150;

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
  again: (conversation, at, text) => {
    const body = JSON.stringify({ conversation, id: `${conversation}-${at}`, text });
    return ask(fleet, patience, '/api/message', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  },
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
    again: async (conversation, at, text) => {
      const socket = await open(conversation);
      socket.send(JSON.stringify({ type: 'send', conversation, id: `${conversation}-${at}`, text }));
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

const bySlack = ({ slack, ports }: Fleet, patience: Patience): Client => {
  const chat = (conversation: string): string => `D${500 + numberOf(conversation)}`;
  const bodyOf = (conversation: string, at: number, text: string): Record<string, unknown> => {
    const serial = numberOf(conversation) * 1_000 + at;
    const ts = `1700000000.${String(serial).padStart(6, '0')}`;
    const user = `U${500 + numberOf(conversation)}`;
    const event = { type: 'message', channel: chat(conversation), channel_type: 'im', user, text, ts };
    return { type: 'event_callback', event_id: `Ev${serial}`, team_id: 'T1', event };
  };
  let calls = 0;
  const call = (body: Record<string, unknown>): Promise<Response> => {
    slack.callAt(`http://127.0.0.1:${ports[(calls += 1) % ports.length]}/channels/slack/main`);
    return slack.call(body);
  };
  return {
    kind: 'slack',
    say: async (conversation, at, text) => {
      await eventually(async () => {
        // A replica that refuses it does not have it: the platform brings it again.
        const { status } = await call(bodyOf(conversation, at, text));
        if (status !== 200) throw new Error(`Slack was answered ${status}`);
      }, patience);
    },
    again: (conversation, at, text) => call(bodyOf(conversation, at, text)),
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
  { conversations, messages, first, patienceMs, repeats = 0, goesOn, onEnd }: LoadOptions,
): Promise<Heard> {
  const patience = { timeoutMs: patienceMs };
  const clients = [overHttp(fleet, patience), overSocket(fleet, patience), byTelegram(fleet), bySlack(fleet, patience)];
  const said: string[] = [];
  const heard: string[] = [];
  const told: string[] = [];
  const words: string[] = [];
  const converse = async (client: Client, conversation: string): Promise<void> => {
    let ended = 0;
    const hear = (count: number): Promise<void> =>
      eventually(async () => {
        const texts = await client.replies(conversation);
        const answered = new Set(texts.flatMap(marksIn)).size + texts.filter(isWithout).length;
        for (; ended < Math.min(answered, count); ended += 1) onEnd();
        if (answered < count) throw new Error(`${conversation} has ${answered} answers of ${count}`);
      }, patience);
    let at = 0;
    for (; at < messages || (goesOn() && at < messagesMax); at += 1) {
      const text = textOf(conversation, at);
      const again = (of: number): Promise<unknown> =>
        client.again?.(conversation, of, textOf(conversation, of)).catch(() => undefined) ?? Promise.resolve();
      const early = Array.from({ length: repeats }, () => again(at));
      await client.say(conversation, at, text);
      await Promise.all(early);
      if (repeats > 0 && at > 0) await again(at - 1);
      said.push(markOf(conversation, at));
      // Now and then people wait for the answers so far.
      if (at % 3 === 2) await hear(at + 1);
    }
    await hear(at);
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
      const without = texts.filter(isWithout);
      told.push(...silent.slice(0, without.length));
      words.push(...without);
    }
    client.close?.();
  }
  return { said, heard, told, words };
}
