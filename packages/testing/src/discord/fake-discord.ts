import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { bodyOf } from '../body-of.js';
import { type FileGiver, fileGiver } from '../file-giver.js';
import { standing } from '../standing.js';
import { buttonsOf } from './buttons-of.js';

type Json = Record<string, unknown>;

/** A message that a bot sent and the platform took. */
export type DiscordMessage = {
  readonly channel: string;
  readonly text: string;
  readonly answers: string | undefined;
  /** What stands on its buttons and what comes back, row by row; only of messages that have some. */
  readonly buttons?: readonly (readonly { readonly label: string; readonly custom_id: string }[])[];
};

/** What happens to the next message that a bot sends. */
export type DiscordMishap =
  | { readonly status: number; readonly body: Json; readonly retryAfter?: number }
  | 'cut after accepting';

/** Discord as far as bots here use it, after its documentation (v10): REST, and a gateway whose sessions can be resumed. */
export type FakeDiscord = {
  /** For `api_root`. */
  readonly url: string;
  readonly token: string;
  /** The bot's own id. */
  readonly self: string;
  /** A person writes. Returns the message's id. */
  say(text: string, more?: Json): string;
  /** A person uses a slash command, or (`custom_id`) presses a button. Returns the interaction's id. */
  interact(data: Json, more?: Json): string;
  /** How interactions were answered, by their id. */
  readonly interactions: ReadonlyMap<string, Json>;
  /** The application's commands, as they were put last. */
  readonly commands: () => readonly Json[];
  readonly sent: readonly DiscordMessage[];
  /** How often a message was changed. */
  changes(): number;
  /** Files of messages that the platform took. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Channels in which the bot was shown to type, once for each time. */
  readonly typing: readonly string[];
  /** Which shards are held, like `0/2`. */
  shards(): readonly string[];
  /** Gateway sockets that hold a session. */
  listeners(): number;
  readonly resumed: () => number;
  /** Keeps bytes that a person may send along; returns what their message names. */
  keep(bytes: Uint8Array): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  next(mishap: DiscordMishap): void;
  /** Breaks the gateway's sockets; sessions stay. */
  cut(): void;
  /** Closes with this code whoever identifies next, as for missing intents (4014). */
  refuseNext(code: number): void;
  /** Ends all sessions: who resumes one is told that it is not valid. */
  forget(): void;
  close(): Promise<void>;
};

const token = 'MTIz.fake.a-token-of-the-fake-discord';
const self = '1';

type Session = {
  readonly id: string;
  socket: WebSocket | undefined;
  seq: number;
  readonly events: Json[];
  readonly shard: readonly number[];
};

const isCommand = ({ name, description }: Json): boolean =>
  /^[a-z_-]{1,32}$/.test(String(name)) && String(description).length >= 1 && String(description).length <= 100;

/** Starts one on a free port of loopback. */
export async function startFakeDiscord({ shards = 1 } = {}): Promise<FakeDiscord> {
  const sent = standing<DiscordMessage>();
  const files: { name: string; bytes: Uint8Array }[] = [];
  const typing: string[] = [];
  const interactions = new Map<string, Json>();
  let commands: readonly Json[] = [];
  const nonces = new Map<string, Json>();
  const mishaps: DiscordMishap[] = [];
  const given = new Map<string, Uint8Array>();
  const giving = fileGiver();
  let sessions: Session[] = [];
  let serial = 1_000_000;
  let resumed = 0;
  let refusal: number | undefined;
  let gateway = '';

  const answer = (response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const post = async (channel: string, given: Json, response: ServerResponse): Promise<void> => {
    const file = given['files[0]'];
    const body = file instanceof File ? (JSON.parse(String(given['payload_json'])) as Json) : given;
    const mishap = mishaps.shift();
    if (typeof mishap === 'object') {
      const wait = mishap.retryAfter === undefined ? {} : { 'retry-after': String(mishap.retryAfter) };
      return answer(response, mishap.status, mishap.body, wait);
    }
    const text = String(body['content'] ?? '');
    if (file instanceof File && file.size > 10_485_760)
      return answer(response, 413, { code: 40_005, message: 'Request entity too large' });
    if (text.trim() === '' && !(file instanceof File))
      return answer(response, 400, { code: 50_006, message: 'Cannot send an empty message' });
    if (text.length > 2_000) return answer(response, 400, { code: 50_035, message: 'Invalid Form Body' });
    const nonce = body['enforce_nonce'] === true ? `${channel}/${String(body['nonce'])}` : undefined;
    const known = nonce === undefined ? undefined : nonces.get(nonce);
    if (known !== undefined) return answer(response, 200, known);
    const reference = body['message_reference'] as { message_id?: string } | undefined;
    const message = { id: String((serial += 1)), channel_id: channel, content: text };
    const buttons = buttonsOf(body['components']);
    if (buttons === undefined) return answer(response, 400, { code: 50_035, message: 'Invalid Form Body' });
    if (file instanceof File) files.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    else
      sent.add(message.id, {
        channel,
        text,
        answers: reference?.message_id,
        ...(buttons.length === 0 ? {} : { buttons }),
      });
    if (nonce !== undefined) nonces.set(nonce, message);
    if (mishap === 'cut after accepting') return void response.destroy();
    answer(response, 200, message);
  };

  const change = (id: string, body: Json, response: ServerResponse): void => {
    const text = String(body['content'] ?? '');
    const buttons = buttonsOf(body['components']);
    if (text.trim() === '' || text.length > 2_000 || buttons === undefined)
      return answer(response, 400, { code: 50_035, message: 'Invalid Form Body' });
    const found = sent.change(id, ({ buttons: _, ...was }) => ({
      ...was,
      text,
      ...(buttons.length === 0 ? {} : { buttons }),
    }));
    if (found) answer(response, 200, { id, content: text });
    else answer(response, 404, { code: 10_008, message: 'Unknown Message' });
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const [, interaction] =
        /^\/v10\/interactions\/(\d+)\/an-interaction-token\/callback$/.exec(request.url ?? '') ?? [];
      if (interaction !== undefined) {
        interactions.set(interaction, body);
        return void response.writeHead(204).end();
      }
      // Its store of files, which wants no token.
      const kept = given.get(request.url ?? '');
      if (kept !== undefined) return void giving.give(response, kept);
      if (request.url?.startsWith('/attachments/') === true) return void response.writeHead(404).end();
      if (request.headers.authorization !== `Bot ${token}`)
        return answer(response, 401, { message: '401: Unauthorized', code: 0 });
      const path = (request.url ?? '').replace(/^\/v10/, '');
      const [, channel] = /^\/channels\/(\d+)\/messages$/.exec(path) ?? [];
      if (path === '/users/@me') return answer(response, 200, { id: self, username: 'claw', bot: true });
      if (path === '/applications/@me') return answer(response, 200, { id: '2', name: 'claw' });
      if (path === '/applications/2/commands' && request.method === 'PUT') {
        const list = body as unknown as Json[];
        if (!list.every(isCommand)) return answer(response, 400, { code: 50_035, message: 'Invalid Form Body' });
        commands = list;
        return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
      }
      if (path === '/gateway/bot') {
        const limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 16 };
        return answer(response, 200, { url: gateway, shards, session_start_limit: limit });
      }
      const [, typed] = /^\/channels\/(\d+)\/typing$/.exec(path) ?? [];
      if (typed !== undefined) {
        typing.push(typed);
        return void response.writeHead(204).end();
      }
      if (channel !== undefined && request.method === 'POST') return post(channel, body, response);
      const [, message] = /^\/channels\/\d+\/messages\/(\d+)$/.exec(path) ?? [];
      if (message !== undefined && request.method === 'PATCH') return change(message, body, response);
      if (message !== undefined && request.method === 'DELETE' && sent.remove(message))
        return void response.writeHead(204).end();
      return answer(response, 404, { message: '404: Not Found', code: 0 });
    });
  });

  const sockets = new WebSocketServer({ server });
  const put = (socket: WebSocket, frame: Json): void => socket.send(JSON.stringify(frame));
  const dispatch = (session: Session, event: Json): void => {
    const frame = { op: 0, s: (session.seq += 1), ...event };
    session.events.push(frame);
    if (session.socket !== undefined) put(session.socket, frame);
  };
  /** Servers are shared out by their ids; what is written to the bot alone is of the first. */
  const isFor = ({ shard: [id = 0, count = 1] }: Session, { guild_id: server }: Json): boolean =>
    Number(BigInt(String(server ?? 0)) >> 22n) % count === id;
  const identify = (socket: WebSocket, { token: given, shard }: Json): void => {
    if (given !== token) return socket.close(4_004, 'Authentication failed.');
    if (refusal !== undefined) {
      socket.close(refusal);
      refusal = undefined;
      return;
    }
    const session: Session = {
      id: `s${(serial += 1)}`,
      socket,
      seq: 0,
      events: [],
      shard: (shard as number[] | undefined) ?? [0, 1],
    };
    sessions.push(session);
    const user = { id: self, username: 'claw', bot: true };
    dispatch(session, {
      t: 'READY',
      d: { v: 10, user, guilds: [], session_id: session.id, resume_gateway_url: gateway, application: { id: '2' } },
    });
  };
  const resume = (socket: WebSocket, { session_id: id, seq }: Json): void => {
    const session = sessions.find((one) => one.id === id);
    if (session === undefined) return put(socket, { op: 9, d: false });
    session.socket?.close(4_000);
    session.socket = socket;
    resumed += 1;
    for (const event of session.events) if (Number(event['s']) > Number(seq)) put(socket, event);
    dispatch(session, { t: 'RESUMED', d: {} });
  };
  sockets.on('connection', (socket) => {
    put(socket, { op: 10, d: { heartbeat_interval: 41_250 } });
    socket.on('message', (data) => {
      const { op, d } = JSON.parse(String(data)) as { op: number; d: Json };
      if (op === 1) put(socket, { op: 11 });
      else if (op === 2) identify(socket, d);
      else if (op === 6) resume(socket, d);
    });
    socket.on('close', (code) => {
      for (const session of sessions) if (session.socket === socket) session.socket = undefined;
      // A normal close ends the session, as the documentation says.
      if (code === 1_000 || code === 1_001) sessions = sessions.filter(({ socket: left }) => left !== undefined);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  gateway = `ws://127.0.0.1:${port}`;

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    self,
    say: (text, more = {}) => {
      const id = String((serial += 1));
      const author = { id: '4711', username: 'ada', global_name: 'Ada' };
      const words = { id, channel_id: '555', author, content: text, type: 0, mentions: [], ...more };
      for (const session of sessions) if (isFor(session, more)) dispatch(session, { t: 'MESSAGE_CREATE', d: words });
      return id;
    },
    interact: (data, more = {}) => {
      const id = String((serial += 1));
      const user = { id: '4711', username: 'ada', global_name: 'Ada' };
      const type = 'custom_id' in data ? 3 : 2;
      const about = { id, application_id: '2', type, version: 1, token: 'an-interaction-token', locale: 'en-GB' };
      for (const session of sessions)
        if (isFor(session, more))
          dispatch(session, { t: 'INTERACTION_CREATE', d: { ...about, channel_id: '555', user, data, ...more } });
      return id;
    },
    interactions,
    commands: () => commands,
    sent: sent.all,
    changes: sent.changes,
    files,
    giving,
    keep: (bytes) => {
      const path = `/attachments/555/${(serial += 1)}/a`;
      given.set(path, bytes);
      return `http://127.0.0.1:${port}${path}`;
    },
    typing,
    shards: () => sessions.flatMap(({ socket, shard }) => (socket === undefined ? [] : [shard.join('/')])).toSorted(),
    listeners: () => sessions.filter(({ socket }) => socket !== undefined).length,
    resumed: () => resumed,
    next: (mishap) => void mishaps.push(mishap),
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    refuseNext: (code) => void (refusal = code),
    forget: () => {
      sessions = [];
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
