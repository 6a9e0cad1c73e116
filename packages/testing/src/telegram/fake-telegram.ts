import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from '../body-of.js';
import { standing } from '../standing.js';
import { type FileGiver, fileGiver } from '../file-giver.js';
import { readMessage, type SentMessage } from './read-message.js';
import { bringTo, type Hook } from './webhook-caller.js';

type Json = Record<string, unknown>;

/** A file that a bot sent and the platform took. */
export type SentFile = {
  readonly chat: string;
  readonly kind: 'photo' | 'document' | 'voice';
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly thread: number | undefined;
};

/** What happens to the next call of a method: an error answer, or the line breaks after the platform has done it. */
export type Mishap =
  | { readonly code: number; readonly description: string; readonly retryAfter?: number }
  | 'cut after accepting'
  | 'cut before';

/** The Bot API as far as bots here use it, after its documentation: updates are kept until an offset beyond them confirms them. */
export type FakeTelegram = {
  /** For `api_root`. */
  readonly url: string;
  readonly token: string;
  /** A person writes; more fields of the message or the update may be given. Returns the update's id. */
  say(text: string, more?: { readonly message?: Json; readonly update?: Json }): number;
  /** A person presses a button with this data; more fields of the query may be given. Returns the query's id. */
  press(data: string, more?: Json): string;
  /** As they stand: what was changed in its place, without what was taken away. */
  readonly sent: readonly SentMessage[];
  /** How often a message was changed. */
  changes(): number;
  /** Files that the platform took. */
  readonly files: readonly SentFile[];
  /** Queries that the bot answered. */
  readonly answered: readonly string[];
  /** The menus of commands by language; the one for everybody else under ''. */
  readonly menus: ReadonlyMap<string, readonly { readonly command: string; readonly description: string }[]>;
  /** Chats in which the bot was shown to type, once for each time. */
  readonly typing: readonly string[];
  /** Signs that the bot put on messages: `<chat>/<message> <sign>`. */
  readonly reactions: readonly string[];
  /** Who polls at the moment, by the number of open questions. */
  polls(): number;
  /** Questions that came while another one was open: 409. */
  readonly conflicts: () => number;
  /** Keeps bytes that a person may send along; returns their `file_id`. Without bytes: it is known and cannot be had. */
  keep(bytes?: Uint8Array): string;
  /** How files are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  /** Where updates go instead of into the queue: what `setWebhook` said, and undefined when they are polled. */
  webhook(): Hook | undefined;
  /** Brings what waits to the webhook, in order, each until it is taken, by at most so many calls. Returns the answers' statuses. */
  bring(calls?: number): Promise<readonly number[]>;
  /** Queues a mishap for a method's next call. */
  next(method: string, mishap: Mishap): void;
  close(): Promise<void>;
};

const token = '123456:a-token-of-the-fake-telegram';

/** Starts one on a free port of loopback. */
export async function startFakeTelegram(): Promise<FakeTelegram> {
  const updates: (Json & { update_id: number })[] = [];
  const sent = standing<SentMessage>();
  const files: SentFile[] = [];
  const typing: string[] = [];
  const reactions: string[] = [];
  const answered: string[] = [];
  const menus = new Map<string, { command: string; description: string }[]>();
  const mishaps = new Map<string, Mishap[]>();
  const kept = new Map<string, Uint8Array | undefined>();
  const waiting = new Set<() => void>();
  const giving = fileGiver();
  let serial = 1_000;
  let conflicts = 0;
  let webhook: ReturnType<FakeTelegram['webhook']>;

  const answer = (response: ServerResponse, status: number, body: Json): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const refuse = (response: ServerResponse, code: number, description: string, parameters: Json = {}): void =>
    answer(response, code, { ok: false, error_code: code, description, parameters });

  const getUpdates = async (body: Json, response: ServerResponse): Promise<void> => {
    if (webhook !== undefined)
      return refuse(response, 409, "Conflict: can't use getUpdates method while webhook is active");
    const offset = Number(body['offset'] ?? 0);
    while (updates[0] !== undefined && updates[0].update_id < offset) updates.shift();
    if (waiting.size > 0) {
      conflicts += 1;
      for (const wake of waiting) wake();
      return refuse(response, 409, 'Conflict: terminated by other getUpdates request');
    }
    if (updates.length === 0) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, Number(body['timeout'] ?? 0) * 1_000);
        waiting.add(wake);
        response.once('close', wake);
      });
    }
    if (!response.destroyed) answer(response, 200, { ok: true, result: updates.slice(0, 100) });
  };
  const taken = (response: ServerResponse, id: number, body: Json): void =>
    answer(response, 200, { ok: true, result: { message_id: id, date: 0, chat: { id: body['chat_id'] } } });
  const sendMessage = (body: Json, response: ServerResponse, cut: boolean): void => {
    const message = readMessage(body);
    if (typeof message === 'string') return refuse(response, 400, `Bad Request: ${message}`);
    sent.add(String((serial += 1)), message);
    if (cut) return void response.destroy();
    taken(response, serial, body);
  };
  const editMessage = (body: Json, response: ServerResponse, cut: boolean): void => {
    const message = readMessage(body);
    if (typeof message === 'string') return refuse(response, 400, `Bad Request: ${message}`);
    let same = false;
    const found = sent.change(String(body['message_id']), (was) => {
      const { keyboard: _, ...rest } = was;
      const { text, html, keyboard } = message;
      same = text === was.text && html === was.html && JSON.stringify(keyboard) === JSON.stringify(was.keyboard);
      return { ...rest, text, html, ...(keyboard === undefined ? {} : { keyboard }) };
    });
    if (!found) return refuse(response, 400, 'Bad Request: message to edit not found');
    if (same)
      return refuse(
        response,
        400,
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same',
      );
    if (cut) return void response.destroy();
    taken(response, Number(body['message_id']), body);
  };

  /** What `attach://<field>` of a call's field means, or the field itself. */
  const fileIn = (body: Json, kind: string): File | undefined => {
    const [, field] = /^attach:\/\/(.+)$/.exec(String(body[kind])) ?? [];
    const file = body[field ?? kind];
    return file instanceof File ? file : undefined;
  };
  const sendFile = async (
    kind: SentFile['kind'],
    body: Json,
    response: ServerResponse,
    cut: boolean,
  ): Promise<void> => {
    const file = fileIn(body, kind);
    if (file === undefined || file.size === 0) return refuse(response, 400, 'Bad Request: file must be non-empty');
    const most = kind === 'photo' ? 10_000_000 : 50_000_000;
    if (file.size > most) return refuse(response, 413, 'Request Entity Too Large');
    const thread = body['message_thread_id'] === undefined ? undefined : Number(body['message_thread_id']);
    const bytes = new Uint8Array(await file.arrayBuffer());
    files.push({ chat: String(body['chat_id']), kind, name: file.name, bytes, thread });
    if (cut) return void response.destroy();
    taken(response, (serial += 1), body);
  };

  const setMyCommands = (body: Json, response: ServerResponse): void => {
    const commands = body['commands'] as { command: string; description: string }[];
    const fits = commands.every(
      ({ command, description: text }) => /^[a-z0-9_]{1,32}$/.test(command) && text.length >= 1 && text.length <= 256,
    );
    if (!fits || commands.length > 100) return refuse(response, 400, 'Bad Request: BOT_COMMAND_INVALID');
    menus.set(String(body['language_code'] ?? ''), commands);
    answer(response, 200, { ok: true, result: true });
  };

  const setWebhook = (body: Json, response: ServerResponse): void => {
    const [url, secret] = [String(body['url'] ?? ''), String(body['secret_token'] ?? '')];
    if (!/^https?:/.test(url) || !/^[\w-]{1,256}$/.test(secret))
      return refuse(response, 400, 'Bad Request: bad webhook');
    webhook = { url, secret, heard: body['allowed_updates'] as string[] };
    answer(response, 200, { ok: true, result: true });
  };
  const deleteWebhook = (response: ServerResponse): void => {
    webhook = undefined;
    answer(response, 200, { ok: true, result: true });
  };
  const getFile = (body: Json, response: ServerResponse): void => {
    const id = String(body['file_id']);
    if (!kept.has(id)) return refuse(response, 400, 'Bad Request: invalid file_id');
    const result = { file_id: id, file_unique_id: id, file_path: `documents/${id}.bin` };
    answer(response, 200, { ok: true, result });
  };
  const server = createServer((request, response) => {
    const file = /^\/file\/bot([^/]+)\/documents\/(\w+)\.bin$/.exec(request.url ?? '');
    if (file !== null) {
      const bytes = file[1] === token ? kept.get(file[2] ?? '') : undefined;
      if (bytes === undefined) return void response.writeHead(404).end();
      return void giving.give(response, bytes);
    }
    const [, given, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
    void bodyOf(request).then(async (body) => {
      if (given !== token) return refuse(response, 401, 'Unauthorized');
      const mishap = mishaps.get(method)?.shift();
      if (mishap === 'cut before') return void response.destroy();
      if (typeof mishap === 'object')
        return refuse(response, mishap.code, mishap.description, { retry_after: mishap.retryAfter });
      if (method === 'getMe')
        return answer(response, 200, {
          ok: true,
          result: { id: 1, is_bot: true, first_name: 'Claw', username: 'claw_bot' },
        });
      if (method === 'getUpdates') return getUpdates(body, response);
      if (method === 'getFile') return getFile(body, response);
      if (method === 'sendChatAction') {
        typing.push(String(body['chat_id']));
        return answer(response, 200, { ok: true, result: true });
      }
      if (method === 'answerCallbackQuery') {
        answered.push(String(body['callback_query_id']));
        return answer(response, 200, { ok: true, result: true });
      }
      if (method === 'setWebhook') return setWebhook(body, response);
      if (method === 'deleteWebhook') return deleteWebhook(response);
      if (method === 'setMessageReaction') {
        const [sign] = body['reaction'] as { emoji: string }[];
        reactions.push(`${String(body['chat_id'])}/${String(body['message_id'])} ${sign?.emoji}`);
        return answer(response, 200, { ok: true, result: true });
      }
      if (method === 'setMyCommands') return setMyCommands(body, response);
      if (method === 'sendMessage') return sendMessage(body, response, mishap === 'cut after accepting');
      if (method === 'editMessageText') return editMessage(body, response, mishap === 'cut after accepting');
      if (method === 'deleteMessage')
        return sent.remove(String(body['message_id']))
          ? answer(response, 200, { ok: true, result: true })
          : refuse(response, 400, 'Bad Request: message to delete not found');
      const kind = /^send(Photo|Document|Voice)$/.exec(method)?.[1]?.toLowerCase();
      if (kind !== undefined)
        return sendFile(kind as SentFile['kind'], body, response, mishap === 'cut after accepting');
      return refuse(response, 404, 'Not Found');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    say: (text, { message, update } = {}) => {
      const id = (serial += 1);
      const from = { id: 4711, is_bot: false, first_name: 'Ada', language_code: 'en' };
      const chat = { id: 4711, type: 'private' };
      const words = { message_id: id, date: Math.floor(Date.now() / 1_000), from, chat, text, ...message };
      updates.push({ update_id: id, message: words, ...update });
      for (const wake of waiting) wake();
      return id;
    },
    press: (data, more = {}) => {
      const id = String((serial += 1));
      const from = { id: 4711, is_bot: false, first_name: 'Ada', language_code: 'en' };
      const message = { message_id: 7, date: 0, chat: { id: 4711, type: 'private' } };
      updates.push({
        update_id: (serial += 1),
        callback_query: { id, from, message, chat_instance: '1', data, ...more },
      });
      for (const wake of waiting) wake();
      return id;
    },
    sent: sent.all,
    changes: sent.changes,
    files,
    answered,
    menus,
    typing,
    reactions,
    polls: () => waiting.size,
    conflicts: () => conflicts,
    giving,
    keep: (bytes) => {
      const id = `file${(serial += 1)}`;
      kept.set(id, bytes);
      return id;
    },
    webhook: () => webhook,
    bring: (calls) => bringTo(() => webhook, updates, calls),
    next: (method, mishap) => void mishaps.set(method, [...(mishaps.get(method) ?? []), mishap]),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
