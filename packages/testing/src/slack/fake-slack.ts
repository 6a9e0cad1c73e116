import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type FileGiver, fileGiver } from '../file-giver.js';
import { redeliver } from '../redeliver.js';
import { standing } from '../standing.js';
import { readMessage, type SlackMessage } from './read-message.js';

type Json = Record<string, unknown>;

/** What happens to the next post. */
export type SlackMishap =
  | { readonly status: number; readonly retryAfter?: number }
  | { readonly error: string }
  | 'cut after accepting';

/** How a call is spoiled on its way, for tests of its signature. */
export type SlackForgery = {
  readonly secret?: string;
  readonly age?: number;
  readonly body?: (body: string) => string;
};

/** Slack as far as an app here uses it, after its documentation: the Web API, and signed calls of the Events API. */
export type FakeSlack = {
  /** For `api_root`. */
  readonly url: string;
  readonly token: string;
  readonly secret: string;
  /** An app-level token, for socket mode: while somebody listens, events go there and not to the webhook. */
  readonly appToken: string;
  /** Connections of socket mode that listen. */
  listeners(): number;
  /** Sends a frame of socket mode as it is to every listener. */
  frame(frame: Json): void;
  /** Ends the connections of socket mode; politely, Slack says so before. */
  hangUp(politely?: boolean): void;
  /** The bot's user id. */
  readonly self: string;
  /** Where events go from now on. */
  callAt(url: string): void;
  /** A person writes alone to the bot; `event` may say otherwise. Resolves to the answer's status; repeats as Slack does. */
  say(text: string, event?: Json): Promise<number>;
  /** Calls with any body. */
  call(body: Json, forgery?: SlackForgery): Promise<Response>;
  /** A person writes `/queueclaw <text>`; more fields of the form may be given. Resolves to the answer's status. */
  command(text: string, more?: Readonly<Record<string, string>>, forgery?: SlackForgery): Promise<number>;
  /** A person presses a button with this value; more of the payload may be given. Resolves to the answer's status. */
  press(value: string, more?: Json, forgery?: SlackForgery): Promise<number>;
  readonly sent: readonly SlackMessage[];
  /** How often a message was changed. */
  changes(): number;
  /** Files that were shared. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly channel: string }[];
  /** About whom the app has asked; Slack tells of U4711 only. */
  readonly asked: readonly string[];
  /** Keeps bytes that a person may send along; returns what their message names. */
  keep(bytes: Uint8Array): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  next(mishap: SlackMishap): void;
  close(): Promise<void>;
};

const token = 'xoxb-a-token-of-the-fake-slack';
const appToken = 'xapp-an-app-token-of-the-fake-slack';
const secret = 'a-signing-secret-of-the-fake-slack';
const self = 'U0BOT';
const triesMax = 40;
const retryMs = 250;

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Starts one on a free port of loopback. */
export async function startFakeSlack(): Promise<FakeSlack> {
  const sent = standing<SlackMessage>();
  const files: { name: string; bytes: Uint8Array; channel: string }[] = [];
  const uploads = new Map<string, { readonly name: string; readonly length: number; bytes?: Uint8Array }>();
  const given = new Map<string, Uint8Array>();
  const giving = fileGiver();
  let origin = '';
  const mishaps: SlackMishap[] = [];
  const asked: string[] = [];
  let target = '';
  const sockets = new Set<WebSocket>();
  const lines = new WebSocketServer({ noServer: true });
  const acks = new Map<string, () => void>();
  let serial = 1_000;

  const answer = (response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const info = (user: string, response: ServerResponse): void => {
    asked.push(user);
    const profile = { display_name: 'Ada', real_name: 'Ada Lovelace' };
    if (user !== 'U4711') return answer(response, 200, { ok: false, error: 'missing_scope' });
    answer(response, 200, { ok: true, user: { id: user, name: 'ada', locale: 'en-GB', profile } });
  };
  const refuse = (mishap: Exclude<SlackMishap, string>, response: ServerResponse): void => {
    if ('error' in mishap) return answer(response, 200, { ok: false, error: mishap.error });
    const wait = mishap.retryAfter === undefined ? {} : { 'retry-after': String(mishap.retryAfter) };
    answer(response, mishap.status, { ok: false, error: 'ratelimited' }, wait);
  };
  const share = (form: URLSearchParams, response: ServerResponse): void => {
    const mishap = mishaps.shift();
    if (typeof mishap === 'object') return refuse(mishap, response);
    for (const { id } of JSON.parse(form.get('files') ?? '[]') as { id: string }[]) {
      const { name, bytes } = uploads.get(id) ?? {};
      if (name === undefined || bytes === undefined)
        return answer(response, 200, { ok: false, error: 'file_not_found' });
      files.push({ name, bytes, channel: form.get('channel_id') ?? '' });
      uploads.delete(id);
    }
    if (mishap === 'cut after accepting') return void response.destroy();
    answer(response, 200, { ok: true, files: [] });
  };
  const post = (form: URLSearchParams, response: ServerResponse): void => {
    const mishap = mishaps.shift();
    if (typeof mishap === 'object') return refuse(mishap, response);
    const message = readMessage(form);
    if (typeof message === 'string') return answer(response, 200, { ok: false, error: message });
    const ts = `${(serial += 1)}.000100`;
    sent.add(ts, { channel: form.get('channel') ?? '', thread: form.get('thread_ts') ?? undefined, ...message });
    if (mishap === 'cut after accepting') return void response.destroy();
    answer(response, 200, { ok: true, channel: form.get('channel'), ts });
  };
  const update = (form: URLSearchParams, response: ServerResponse): void => {
    const message = readMessage(form);
    if (typeof message === 'string') return answer(response, 200, { ok: false, error: message });
    const ts = form.get('ts') ?? '';
    const found = sent.change(ts, ({ channel, thread }) => ({ channel, thread, ...message }));
    answer(
      response,
      200,
      found ? { ok: true, channel: form.get('channel'), ts } : { ok: false, error: 'message_not_found' },
    );
  };
  const server = createServer((request, response) => {
    void bytesOf(request).then((bytes) => {
      const [, id = ''] = /^\/upload\/(F\d+)$/.exec(request.url ?? '') ?? [];
      const upload = uploads.get(id);
      if (upload !== undefined) {
        if (bytes.length !== upload.length) return void response.writeHead(400).end('length');
        upload.bytes = new Uint8Array(bytes);
        return void response.writeHead(200).end(`OK - ${bytes.length}`);
      }
      const form = new URLSearchParams(bytes.toString('utf8'));
      if (request.url === '/apps.connections.open') {
        const isApp = request.headers.authorization === `Bearer ${appToken}`;
        const opened = { ok: true, url: `${origin.replace('http', 'ws')}/link/?ticket=1` };
        return answer(response, 200, isApp ? opened : { ok: false, error: 'invalid_auth' });
      }
      if (request.headers.authorization !== `Bearer ${token}`)
        return answer(response, 200, { ok: false, error: 'invalid_auth' });
      const kept = given.get(request.url ?? '');
      if (kept !== undefined) return void giving.give(response, kept);
      if (request.url?.startsWith('/files-pri/') === true) return void response.writeHead(404).end();
      if (request.url === '/auth.test')
        return answer(response, 200, { ok: true, user_id: self, user: 'claw', team_id: 'T1', team: 'Lovelace' });
      if (request.url === '/users.info') return info(form.get('user') ?? '', response);
      if (request.url === '/files.getUploadURLExternal') {
        const file = `F${(serial += 1)}`;
        uploads.set(file, { name: form.get('filename') ?? '', length: Number(form.get('length')) });
        return answer(response, 200, { ok: true, upload_url: `${origin}/upload/${file}`, file_id: file });
      }
      if (request.url === '/files.completeUploadExternal') return share(form, response);
      if (request.url === '/chat.postMessage') return post(form, response);
      if (request.url === '/chat.update') return update(form, response);
      if (request.url === '/chat.delete')
        return answer(
          response,
          200,
          sent.remove(form.get('ts') ?? '') ? { ok: true } : { ok: false, error: 'message_not_found' },
        );
      return answer(response, 200, { ok: false, error: 'unknown_method' });
    });
  });
  server.on('upgrade', (request, socket, head) =>
    lines.handleUpgrade(request, socket, head, (line) => {
      sockets.add(line);
      line.on('close', () => sockets.delete(line));
      line.on('message', (data: Buffer) => {
        const { envelope_id: id } = JSON.parse(data.toString('utf8')) as { envelope_id: string };
        acks.get(id)?.();
      });
      line.send(JSON.stringify({ type: 'hello', num_connections: sockets.size, debug_info: {} }));
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const json = 'application/json';
  const form = 'application/x-www-form-urlencoded';
  const put = async (signed: string, type: string, forgery: SlackForgery): Promise<Response> => {
    const at = String(Math.floor(Date.now() / 1_000) - (forgery.age ?? 0));
    const mac = createHmac('sha256', forgery.secret ?? secret)
      .update(`v0:${at}:${signed}`)
      .digest('hex');
    return fetch(target, {
      method: 'POST',
      headers: {
        ...{ 'content-type': type, 'x-slack-request-timestamp': at },
        'x-slack-signature': `v0=${mac}`,
      },
      body: forgery.body?.(signed) ?? signed,
    });
  };
  /** By socket mode: to one of those who listen, again until somebody acknowledges it. Returns 200, or 0 when nobody did. */
  const throughSocket = async (type: string, payload: Json): Promise<number> => {
    const id = `envelope-${(serial += 1)}`;
    const acknowledged = new Promise<true>((resolve) => acks.set(id, () => resolve(true)));
    for (let tries = 0; tries < triesMax; tries += 1) {
      const [line] = [...sockets].slice(tries % Math.max(1, sockets.size));
      const frame = { envelope_id: id, type, payload, accepts_response_payload: false, retry_attempt: tries };
      line?.send(JSON.stringify(frame));
      const wait = new Promise<false>((resolve) => setTimeout(resolve, retryMs, false));
      if (await Promise.race([acknowledged, wait])) return 200;
    }
    return 0;
  };
  const call: FakeSlack['call'] = (content, forgery = {}) => put(JSON.stringify(content), json, forgery);
  const trigger = (): string => `${(serial += 1)}.738474920.8088930838d88f008e0`;
  return {
    url: origin,
    ...{ token, secret, appToken, self, sent: sent.all, changes: sent.changes, files, asked, call, giving },
    keep: (bytes) => {
      const path = `/files-pri/T1-F${(serial += 1)}`;
      given.set(path, bytes);
      return `${origin}${path}`;
    },
    callAt: (url) => void (target = url),
    say: async (text, more = {}) => {
      const ts = `${Math.floor(Date.now() / 1_000)}.${String((serial += 1)).padStart(6, '0')}`;
      const event = { type: 'message', channel: 'D5', channel_type: 'im', user: 'U4711', text, ts, ...more };
      const body = { type: 'event_callback', event_id: `Ev${serial}`, team_id: 'T1', event };
      if (sockets.size > 0) return throughSocket('events_api', body);
      return redeliver(() => call(body));
    },
    command: async (text, more = {}, forgery = {}) => {
      const fields = { command: '/queueclaw', text, user_id: 'U4711', channel_id: 'D5', channel_name: 'directmessage' };
      const body = { ...fields, team_id: 'T1', trigger_id: trigger(), ...more };
      if (sockets.size > 0) return throughSocket('slash_commands', body);
      const signed = new URLSearchParams(body).toString();
      return (await put(signed, form, forgery)).status;
    },
    press: async (value, more = {}, forgery = {}) => {
      const where = {
        channel: { id: 'D5', name: 'directmessage' },
        message: { type: 'message', ts: '1700000000.000100' },
      };
      const actions = [{ type: 'button', block_id: 'b', action_id: 'choice-0', value, action_ts: '1700000001.000100' }];
      const who = { user: { id: 'U4711', username: 'ada' }, team: { id: 'T1' }, trigger_id: trigger() };
      const content = { type: 'block_actions', ...who, ...where, actions, ...more };
      if (sockets.size > 0) return throughSocket('interactive', content);
      const payload = JSON.stringify(content);
      return (await put(new URLSearchParams({ payload }).toString(), form, forgery)).status;
    },
    next: (mishap) => void mishaps.push(mishap),
    listeners: () => sockets.size,
    frame: (frame) => {
      for (const line of sockets) line.send(JSON.stringify(frame));
    },
    hangUp: (politely = false) => {
      for (const line of sockets) {
        if (politely) line.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
        else line.terminate();
      }
    },
    close: async () => {
      for (const line of sockets) line.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
