import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { bodyOf } from '../body-of.js';
import { type FileGiver, fileGiver } from '../file-giver.js';
import { standing } from '../standing.js';
import { cardFrom, type Card } from './card.js';

type Json = Record<string, unknown>;

/** A message that the robot sent and DingTalk took. */
export type DingTalkMessage = { readonly to: string; readonly title: string; readonly markdown: string };

/** What happens to the next message that is sent. */
export type DingTalkMishap =
  | { readonly status: number; readonly code?: string }
  | { readonly invalid: true }
  | { readonly flowControlled: true }
  | 'cut after accepting';

/** DingTalk as far as one robot uses it, after its documentation: the robot API, and a stream that repeats what is not acknowledged. */
export type FakeDingTalk = {
  /** For `api_root`. */
  readonly url: string;
  readonly clientId: string;
  readonly secret: string;
  /** A person writes alone to the robot; `more` goes into the message. */
  say(text: string, more?: Json): void;
  /** Sends any text down the streams. */
  push(frame: string): void;
  /** As they stand, cards too. */
  readonly sent: readonly DingTalkMessage[];
  /** Whether each AI card is finished, in their order. */
  cards(): readonly boolean[];
  /** Files that people were sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }[];
  /** Keeps what a person sends, or (elsewhere) says that it lies there; tells its download code. */
  keep(bytes: Uint8Array | string): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  /** How many messages are not acknowledged. */
  unacknowledged(): number;
  listeners(): number;
  /** Brings again what is not acknowledged. */
  repeat(): void;
  /** The next ticket for a stream is good for nothing. */
  spoilTicket(): void;
  /** Breaks all streams. */
  cut(): void;
  /** Ends the token that is out, before its time. */
  endToken(): void;
  next(mishap: DingTalkMishap): void;
  close(): Promise<void>;
};

const clientId = 'dinga0b1c2d3e4f5';
const secret = 'a-client-secret-of-the-fake-dingtalk';
const topic = '/v1.0/im/bot/messages/get';
const paramBytesMax = 15_000;

/** Starts one on a free port of loopback. */
export async function startFakeDingTalk(): Promise<FakeDingTalk> {
  const sent = standing<DingTalkMessage>();
  const mishaps: DingTalkMishap[] = [];
  const open = new Map<string, Json>();
  const files = new Map<string, Uint8Array | string>();
  const shared: { name: string; bytes: Uint8Array; kind: string }[] = [];
  const uploads = new Map<string, (typeof shared)[number]>();
  const cards = new Map<string, Card>();
  const tickets = new Set<string>();
  const giving = fileGiver();
  const sockets = new WebSocketServer({ noServer: true });
  let serial = 1_000;
  let token = '';
  let spoiled = false;

  const answer = (response: ServerResponse, status: number, body: Json): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const post = (to: string, body: Json, response: ServerResponse): void => {
    const mishap = mishaps.shift();
    if (typeof mishap === 'object') {
      if ('invalid' in mishap) return answer(response, 200, { invalidStaffIdList: [to] });
      if ('flowControlled' in mishap) return answer(response, 200, { flowControlledStaffIdList: [to] });
      return answer(response, mishap.status, { code: mishap.code, message: 'refused' });
    }
    const param = String(body['msgParam'] ?? '');
    const { photoURL, mediaId, fileName } = JSON.parse(param) as Record<string, string | undefined>;
    const shown = uploads.get(photoURL ?? mediaId ?? '');
    const kind = { sampleImageMsg: 'image', sampleFile: 'file' }[String(body['msgKey'])];
    if (shown !== undefined && shown.kind === kind) {
      shared.push({ ...shown, name: fileName ?? shown.name });
      if (mishap === 'cut after accepting') return void response.destroy();
      return answer(response, 200, { processQueryKey: `k${(serial += 1)}` });
    }
    const { title, text } = JSON.parse(param) as { title?: string; text?: string };
    if (body['robotCode'] !== clientId || body['msgKey'] !== 'sampleMarkdown' || !title || !text)
      return answer(response, 400, { code: 'invalidParameter', message: 'refused' });
    if (Buffer.byteLength(param) > paramBytesMax) return answer(response, 400, { code: 'msgParam.tooLong' });
    sent.add(`m${serial}`, { to, title, markdown: text });
    if (mishap === 'cut after accepting') return void response.destroy();
    answer(response, 200, { processQueryKey: `k${(serial += 1)}` });
  };
  const createCard = (body: Json, response: ServerResponse): void => {
    const card = cardFrom(body, clientId);
    if (card === undefined) return answer(response, 400, { code: 'param.error', message: 'refused' });
    if (!cards.has(card.id)) sent.add(card.id, { to: card.to, title: '', markdown: '' });
    cards.set(card.id, card);
    answer(response, 200, { success: true, result: { outTrackId: card.id, deliverResults: [{ success: true }] } });
  };
  const fillCard = (body: Json, response: ServerResponse): void => {
    const card = cards.get(String(body['outTrackId']));
    if (card === undefined || body['key'] !== card.key || body['isFull'] !== true || !body['guid'])
      return answer(response, 400, { code: 'param.streamingNotFound', message: 'refused' });
    sent.change(card.id, (was) => ({ ...was, markdown: String(body['content']) }));
    card.done = body['isFinalize'] === true;
    answer(response, 200, { success: true });
  };
  const take = async (query: URLSearchParams, form: Json, response: ServerResponse): Promise<void> => {
    if (token === '' || query.get('access_token') !== token) return answer(response, 200, { errcode: 40_014 });
    const [file, kind] = [form['media'], query.get('type') ?? ''];
    if (!(file instanceof File) || !['image', 'file', 'voice'].includes(kind) || file.size > 20_971_520)
      return answer(response, 200, { errcode: 40_035, errmsg: 'invalid' });
    const id = `@lA${(serial += 1)}`;
    uploads.set(id, { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()), kind });
    answer(response, 200, { errcode: 0, errmsg: 'ok', type: kind, media_id: id, created_at: 1_790_000_000 });
  };
  const openStream = (body: Json, response: ServerResponse): void => {
    const wanted = (body['subscriptions'] ?? []) as { type: string; topic: string }[];
    if (body['clientId'] !== clientId || body['clientSecret'] !== secret)
      return answer(response, 401, { code: 'authFailed', message: 'refused' });
    if (!wanted.some((one) => one.type === 'CALLBACK' && one.topic === topic))
      return answer(response, 400, { code: 'noSubscription' });
    const ticket = `ticket-${(serial += 1)}`;
    if (!spoiled) tickets.add(ticket);
    spoiled = false;
    const { port } = server.address() as AddressInfo;
    answer(response, 200, { endpoint: `ws://127.0.0.1:${port}/connect`, ticket });
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const asked = files.get(request.url?.replace(/^\/files\//, '') ?? '');
      // A store of its own, which wants no token.
      if (asked instanceof Uint8Array) {
        if ('x-acs-dingtalk-access-token' in request.headers) return void response.writeHead(400).end();
        return void giving.give(response, asked);
      }
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname === '/media/upload') return take(searchParams, body, response);
      if (request.url === '/v1.0/gateway/connections/open') return openStream(body, response);
      if (request.url === '/v1.0/oauth2/accessToken') {
        if (body['appKey'] !== clientId || body['appSecret'] !== secret)
          return answer(response, 400, { code: 'invalidClientIdOrSecret', message: 'refused' });
        if (token === '') token = `token-${(serial += 1)}-of-the-fake-dingtalk`;
        return answer(response, 200, { accessToken: token, expireIn: 7_200 });
      }
      if (token === '' || request.headers['x-acs-dingtalk-access-token'] !== token)
        return answer(response, 400, { code: 'InvalidAuthentication', message: 'refused' });
      if (request.url === '/v1.0/card/instances/createAndDeliver') return createCard(body, response);
      if (request.url === '/v1.0/card/streaming' && request.method === 'PUT') return fillCard(body, response);
      if (request.url === '/v1.0/robot/groupMessages/send')
        return post(String(body['openConversationId']), body, response);
      if (request.url === '/v1.0/robot/oToMessages/batchSend')
        return post(String((body['userIds'] as string[])[0]), body, response);
      if (request.url === '/v1.0/robot/messageFiles/download') {
        const kept = body['robotCode'] === clientId ? files.get(String(body['downloadCode'])) : undefined;
        if (kept === undefined) return answer(response, 400, { code: 'downloadCode.invalid', message: 'refused' });
        const { port } = server.address() as AddressInfo;
        const here = `http://127.0.0.1:${port}/files/${String(body['downloadCode'])}`;
        return answer(response, 200, { downloadUrl: typeof kept === 'string' ? kept : here });
      }
      return answer(response, 404, { code: 'InvalidAction.NotFound', message: 'refused' });
    });
  });

  const deliver = (socket: WebSocket, [messageId, message]: readonly [string, Json]): void =>
    socket.send(
      JSON.stringify({
        ...{ specVersion: '1.0', type: 'CALLBACK', data: JSON.stringify(message) },
        headers: { topic, messageId, contentType: 'application/json', time: '1790000000000' },
      }),
    );
  /** One of several gets it. */
  const anyone = (): WebSocket | undefined => [...sockets.clients].find(({ readyState }) => readyState === 1);
  server.on('upgrade', (request, socket, head) => {
    const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
    if (!tickets.delete(ticket)) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (stream) => {
      stream.on('message', (data: Buffer) => {
        const { code, headers } = JSON.parse(data.toString('utf8')) as { code: number; headers: { messageId: string } };
        if (code === 200) open.delete(headers.messageId);
      });
      for (const message of open) deliver(stream, message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ clientId, secret, sent: sent.all, giving, files: shared },
    say: (text, more = {}) => {
      const message = {
        ...{ msgId: `msg${(serial += 1)}==`, msgtype: 'text', text: { content: text }, robotCode: clientId },
        ...{ conversationType: '1', conversationId: 'cidAlone==', chatbotUserId: '$:LWCP_v1:$robot' },
        ...{ senderId: '$:LWCP_v1:$ada', senderStaffId: 'ada', senderNick: 'Ada', ...more },
      };
      const entry = [`m${(serial += 1)}`, message] as const;
      open.set(...entry);
      const socket = anyone();
      if (socket !== undefined) deliver(socket, entry);
    },
    keep: (bytes) => {
      const code = `code${(serial += 1)}`;
      files.set(code, bytes);
      return code;
    },
    push: (frame) => anyone()?.send(frame),
    unacknowledged: () => open.size,
    cards: () => [...cards.values()].map(({ done }) => done),
    listeners: () => sockets.clients.size,
    repeat: () => {
      const socket = anyone();
      if (socket !== undefined) for (const message of open) deliver(socket, message);
    },
    spoilTicket: () => void (spoiled = true),
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    endToken: () => void (token = ''),
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
