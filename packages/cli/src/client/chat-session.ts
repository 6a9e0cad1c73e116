import { type ClientFrame, MessageStatus, type ServerFrame } from '@queueclaw/contracts';
import { fileLine } from './file-line.js';
import { type LiveSocket, openLiveSocket } from './live-socket.js';
import { callerHeaders, type ServerAddress } from './server-address.js';
import type { TranscriptView } from './transcript-view.js';
import { tell } from '../phrases/index.js';

export type ChatSession = {
  /** Sends a message; one that meets a broken connection is sent again, under its id, when it is back. */
  say(text: string): void;
  stopTurn(): void;
  /** Messages without an answer. */
  waiting(): number;
  close(): void;
};

export type ChatSessionOptions = {
  readonly address: ServerAddress;
  readonly conversation: string;
  readonly view: TranscriptView;
  readonly newId: () => string;
  readonly onConnected: () => void;
  /** Something was answered or given up; `failed` when not in the way the person wished. */
  readonly onSettled: (failed: boolean) => void;
  /** Not connected; `attempt` counts from 1 since the last connection. */
  readonly onDown: (reason: string, attempt: number) => void;
  readonly onRefused: (reason: string) => void;
};

/** Talks in one conversation over a WebSocket and survives its breaks: resumes at its cursor and asks after what it missed. */
export function openChatSession(options: ChatSessionOptions): ChatSession {
  const { address, conversation, view, newId } = options;
  const waiting = new Map<string, { readonly text: string; accepted: boolean }>();
  let cursor: string | undefined;
  let downs = 0;

  const settle = (ids: readonly string[], failed: boolean): void => {
    const ours = ids.filter((id) => waiting.delete(id));
    if (ours.length > 0) options.onSettled(failed);
  };
  const post = (id: string, text: string): void => void socket.send({ type: 'send', conversation, id, text });

  /** The stream has a hole: what became of our messages is still known. */
  const catchUp = async (): Promise<void> => {
    for (const [id, { accepted }] of waiting) {
      if (!accepted) continue;
      const url = new URL(`/api/messages/${id}`, address.base);
      url.searchParams.set('conversation', conversation);
      const answer = await fetch(url, { headers: callerHeaders(address), signal: AbortSignal.timeout(10_000) });
      const status = MessageStatus.safeParse(await answer.json()).data;
      if (status === undefined || status.status === 'accepted' || !waiting.has(id)) continue;
      view.note(tell('chat.missed', { text: status.reply?.text ?? status.status }));
      for (const file of status.reply?.attachments ?? []) view.note(fileLine(file));
      settle([id], status.status === 'failed');
    }
  };

  const onFrame = (frame: ServerFrame): void => {
    if ('conversation' in frame && frame.conversation !== conversation) return;
    if ('cursor' in frame && frame.cursor !== undefined) cursor = frame.cursor;
    switch (frame.type) {
      case 'accepted': {
        const message = waiting.get(frame.id);
        if (message) message.accepted = true;
        if (frame.position !== undefined && frame.position > 0)
          view.note(tell('chat.before', { count: frame.position }));
        return;
      }
      case 'delta':
        return view.delta(frame);
      case 'tool':
        return view.tool(frame);
      case 'reply':
        view.reply(frame);
        return settle(frame.answers, frame.status === 'failed');
      case 'gap':
        view.note(tell('chat.gap'));
        return void catchUp().catch(() => undefined);
      case 'error':
        view.note(`! ${frame.code}: ${frame.message}`);
        return settle(frame.id === undefined ? [] : [frame.id], true);
      case 'subscribed':
        for (const [id, { text, accepted }] of waiting) if (!accepted) post(id, text);
        return options.onConnected();
      // What is asked comes as a reply too.
      case 'approval':
      case 'ready':
        return;
      default: {
        const never: never = frame;
        return never;
      }
    }
  };

  const socket: LiveSocket = openLiveSocket({
    address,
    onFrame,
    onReady: () => {
      downs = 0;
      const frame: ClientFrame = { type: 'subscribe', conversation, ...(cursor === undefined ? {} : { cursor }) };
      socket.send(frame);
    },
    onDown: (reason) => options.onDown(reason, (downs += 1)),
    onRefused: options.onRefused,
  });

  return {
    say: (text) => {
      const id = newId();
      waiting.set(id, { text, accepted: false });
      post(id, text);
    },
    stopTurn: () => void socket.send({ type: 'stop', conversation }),
    waiting: () => waiting.size,
    close: socket.close,
  };
}
