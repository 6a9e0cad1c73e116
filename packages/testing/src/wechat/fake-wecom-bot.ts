import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type FileGiver, fileGiver } from '../file-giver.js';

type Json = Record<string, unknown>;
type Frame = { readonly cmd?: string; readonly headers?: { readonly req_id?: string }; readonly body?: Json };

/** A message that WeCom took: an answer to a request, or one by itself. */
export type WeComBotMessage = {
  readonly to: string;
  readonly request: string | undefined;
  readonly content: string;
  /** Of answers that grow. */
  readonly finished: boolean;
};

/** What happens to the next message that is sent. */
export type WeComBotMishap = { readonly errcode: number } | 'cut after accepting' | 'silence';

/** WeCom as far as one smart bot uses it, after its documentation: one line at a time, callbacks down, answers up. */
export type FakeWeComBot = {
  /** For `ws_url`. */
  readonly url: string;
  readonly botId: string;
  readonly secret: string;
  /** A person writes; `more` goes into the message. Lost when nobody listens. */
  say(text: string, more?: Json): void;
  /** Keeps bytes that a person may send along, encrypted; returns what their message says of it. */
  keep(bytes: Uint8Array, name?: string): { readonly url: string; readonly aeskey: string };
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  /** Brings the last message again, as a new request. */
  repeat(): void;
  /** Sends any text down the line. */
  push(text: string): void;
  readonly sent: readonly WeComBotMessage[];
  /** Files that people were sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }[];
  listeners(): number;
  /** How many signs of life came. */
  heartbeats(): number;
  /** Signs of life are answered no more, or again. */
  fallSilent(silent: boolean): void;
  /** Requests can be answered no more. */
  forgetRequests(): void;
  /** Breaks all lines. */
  cut(): void;
  next(mishap: WeComBotMishap): void;
  close(): Promise<void>;
};

const botId = 'aibTheBot00';
const secret = 'a-bot-secret-of-the-fake-wecom';
const contentBytesMax = 20_480;

/** Starts one on a free port of loopback. */
export async function startFakeWeComBot(): Promise<FakeWeComBot> {
  const sent: WeComBotMessage[] = [];
  const streams = new Map<string, number>();
  const requests = new Map<string, string>();
  const mishaps: WeComBotMishap[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  const given = new Map<string, { readonly bytes: Uint8Array; readonly name: string | undefined }>();
  const giving = fileGiver();
  const files: { name: string; bytes: Uint8Array; kind: string }[] = [];
  const media = new Map<string, (typeof files)[number]>();
  type Upload = { name: string; kind: string; total: number; md5: string; pieces: Buffer[] };
  const uploads = new Map<string, Upload>();
  let current: WebSocket | undefined;
  let last: Json | undefined;
  let serial = 1_000;
  let heartbeats = 0;
  let silent = false;

  const send = (socket: WebSocket | undefined, frame: Json): void => socket?.send(JSON.stringify(frame));
  const tell = (socket: WebSocket, { headers }: Frame, errcode: number): void =>
    send(socket, { headers: { req_id: headers?.req_id }, errcode, errmsg: errcode === 0 ? 'ok' : 'refused' });
  const subscribe = (socket: WebSocket, frame: Frame): void => {
    if (frame.body?.['bot_id'] !== botId || frame.body['secret'] !== secret) return tell(socket, frame, 600_041);
    const before = current;
    current = socket;
    tell(socket, frame, 0);
    if (before === undefined || before === socket) return;
    const event = { msgid: `e${(serial += 1)}`, aibotid: botId, msgtype: 'event' };
    send(before, {
      cmd: 'aibot_event_callback',
      headers: { req_id: `r${(serial += 1)}` },
      body: { ...event, event: { eventtype: 'disconnected_event' } },
    });
    before.close();
  };
  const take = (socket: WebSocket, frame: Frame, message: WeComBotMessage, stream?: string): void => {
    const mishap = mishaps.shift();
    if (mishap === 'silence') return;
    if (typeof mishap === 'object') return tell(socket, frame, mishap.errcode);
    if (message.content.trim() === '' || Buffer.byteLength(message.content) > contentBytesMax)
      return tell(socket, frame, 40_058);
    const known = stream === undefined ? undefined : streams.get(stream);
    if (known === undefined) sent.push(message);
    else sent[known] = message;
    if (stream !== undefined) streams.set(stream, known ?? sent.length - 1);
    if (mishap === 'cut after accepting') return socket.terminate();
    tell(socket, frame, 0);
  };
  const answered = (socket: WebSocket, frame: Frame): void => {
    const request = frame.headers?.req_id ?? '';
    const to = requests.get(request);
    const stream = (frame.body?.['stream'] ?? {}) as { id?: string; content?: string; finish?: boolean };
    if (to === undefined) return tell(socket, frame, 846_605);
    if (frame.body?.['msgtype'] !== 'stream' || !stream.id) return tell(socket, frame, 40_058);
    const { content = '', finish = false } = stream;
    const id = `${request}/${stream.id}`;
    if ([...streams.keys()].some((known) => known.startsWith(`${request}/`) && known !== id))
      return tell(socket, frame, 846_605);
    take(socket, frame, { to, request, content, finished: finish }, id);
  };
  /** Files come in pieces, in any order. */
  const upload = (socket: WebSocket, frame: Frame): void => {
    const { body = {}, headers, cmd } = frame;
    const id = String(body['upload_id']);
    const told = (more: Json): void => send(socket, { headers, errcode: 0, errmsg: 'ok', body: more });
    if (cmd === 'aibot_upload_media_init') {
      const fresh = `u${(serial += 1)}`;
      const [name, kind] = [String(body['filename']), String(body['type'])];
      uploads.set(fresh, { name, kind, total: Number(body['total_chunks']), md5: String(body['md5']), pieces: [] });
      return told({ upload_id: fresh });
    }
    const one = uploads.get(id);
    if (one === undefined) return tell(socket, frame, 40_058);
    if (cmd === 'aibot_upload_media_chunk') {
      one.pieces[Number(body['chunk_index'])] = Buffer.from(String(body['base64_data']), 'base64');
      return told({});
    }
    const bytes = Buffer.concat(one.pieces);
    if (one.pieces.length !== one.total || createHash('md5').update(bytes).digest('hex') !== one.md5)
      return tell(socket, frame, 40_058);
    media.set(`media-${id}`, { name: one.name, kind: one.kind, bytes });
    told({ type: one.kind, media_id: `media-${id}`, created_at: '1790000000' });
  };
  const serve = (socket: WebSocket, frame: Frame): void => {
    if (frame.cmd === 'aibot_subscribe') return subscribe(socket, frame);
    if (socket !== current) return tell(socket, frame, 600_042);
    if (frame.cmd === 'ping') {
      heartbeats += 1;
      if (!silent) tell(socket, frame, 0);
      return;
    }
    if (frame.cmd?.startsWith('aibot_upload_media_') === true) return upload(socket, frame);
    if (frame.cmd === 'aibot_respond_msg') return answered(socket, frame);
    if (frame.cmd !== 'aibot_send_msg') return tell(socket, frame, 40_058);
    const kind = String(frame.body?.['msgtype']);
    const shown = media.get((frame.body?.[kind] as { media_id?: string } | undefined)?.media_id ?? '');
    if (shown?.kind === kind) {
      const mishap = mishaps.shift();
      if (typeof mishap === 'object') return tell(socket, frame, mishap.errcode);
      files.push(shown);
      return mishap === 'cut after accepting' ? socket.terminate() : tell(socket, frame, 0);
    }
    const { content = '' } = (frame.body?.['markdown'] ?? {}) as { content?: string };
    take(socket, frame, { to: String(frame.body?.['chatid']), request: undefined, content, finished: true });
  };

  const server = createServer((request, response) => {
    const { bytes, name } = given.get(request.url ?? '') ?? {};
    if (bytes === undefined) return void response.writeHead(404).end();
    const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name ?? 'a')}`;
    void giving.give(response, bytes, { 'content-disposition': disposition });
  });
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (line) => {
      line.on('message', (data: Buffer) => serve(line, JSON.parse(data.toString('utf8')) as Frame));
      line.on('close', () => {
        if (current === line) current = undefined;
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const deliver = (body: Json): void => {
    const request = `r${(serial += 1)}`;
    requests.set(request, String(body['chatid'] ?? (body['from'] as { userid: string }).userid));
    send(current, { cmd: 'aibot_msg_callback', headers: { req_id: request }, body });
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ botId, secret, sent, files, giving },
    keep: (bytes, name) => {
      const key = randomBytes(32);
      const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
      const filler = 32 - (bytes.byteLength % 32);
      const sealed = Buffer.concat([cipher.update(bytes), cipher.update(Buffer.alloc(filler, filler)), cipher.final()]);
      const path = `/given/${(serial += 1)}`;
      given.set(path, { bytes: sealed, name });
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${port}${path}`, aeskey: key.toString('base64') };
    },
    say: (text, more = {}) => {
      last = {
        ...{ msgid: `m${(serial += 1)}`, aibotid: botId, chattype: 'single', from: { userid: 'ada' } },
        ...{ msgtype: 'text', text: { content: text }, create_time: 1_790_000_000, ...more },
      };
      deliver(last);
    },
    repeat: () => void (last !== undefined && deliver(last)),
    push: (text) => current?.send(text),
    listeners: () => (current === undefined ? 0 : 1),
    heartbeats: () => heartbeats,
    fallSilent: (yes) => void (silent = yes),
    forgetRequests: () => requests.clear(),
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    next: (mishap) => void mishaps.push(mishap),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
