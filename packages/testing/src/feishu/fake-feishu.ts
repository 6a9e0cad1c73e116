import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from '../body-of.js';
import { type FileGiver, fileGiver } from '../file-giver.js';
import { standing } from '../standing.js';

type Json = Record<string, unknown>;

/** A post that the bot sent and Feishu took. */
export type FeishuMessage = {
  readonly chat: string | undefined;
  /** The message that it answers. */
  readonly answers: string | undefined;
  readonly markdown: string;
};

/** What happens to the next post. */
export type FeishuMishap =
  | { readonly status: number; readonly code?: number; readonly resetSeconds?: number }
  | 'cut after accepting';

/** How a call is spoiled on its way, for tests of what is believed. */
export type FeishuForgery = {
  readonly encryptKey?: string;
  readonly signKey?: string;
  readonly age?: number;
  readonly body?: (body: string) => string;
  readonly signature?: (hex: string) => string | undefined;
};

/** The Open Platform as far as one app uses it, after its documentation: its API, and encrypted, signed calls with events. */
export type FakeFeishu = {
  /** For `domain`. */
  readonly url: string;
  readonly appId: string;
  readonly secret: string;
  readonly encryptKey: string;
  readonly verificationToken: string;
  /** The bot's open id. */
  readonly self: string;
  /** Where events go from now on. */
  callAt(url: string): void;
  /** A person writes alone to the bot; `message` and `sender` may say otherwise. Resolves to the answer's status. */
  say(text: string, more?: { readonly message?: Json; readonly user?: string }): Promise<number>;
  /** An event of a message, as it is before it is encrypted. */
  event(text: string, more?: { readonly message?: Json; readonly user?: string; readonly header?: Json }): Json;
  /** Calls with any content. */
  call(content: Json, forgery?: FeishuForgery): Promise<Response>;
  readonly sent: readonly FeishuMessage[];
  /** How often a message was changed. */
  changes(): number;
  /** Files that the bot sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }[];
  /** Keeps what a person sends, for a message; tells its key. */
  keep(message: string, type: 'image' | 'file', bytes: Uint8Array): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  /** How many tokens were given out. */
  readonly tokens: () => number;
  /** Ends the token that is out, before its time. */
  endToken(): void;
  next(mishap: FeishuMishap): void;
  close(): Promise<void>;
};

const appId = 'cli_a0b1c2d3e4f50617';
const secret = 'an-app-secret-of-the-fake-feishu';
const encryptKey = 'an-encrypt-key-of-the-fake-feishu';
const verificationToken = 'a-verification-token-of-the-fake';
const self = 'ou_thebot0000';
const contentBytesMax = 30 * 1_024;
const uuidMax = 50;

/** AES-256-CBC with the SHA-256 of the key, the initial vector in front ("Encrypt events"). */
function encrypt(text: string, key: string): string {
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(key).digest(), vector);
  return Buffer.concat([vector, cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
}

/** What people see of a post or a card. */
function markdownIn(content: string): string | undefined {
  const {
    zh_cn: post,
    schema,
    body,
  } = JSON.parse(content) as {
    readonly zh_cn?: { content?: { tag: string; text: string }[][] };
    readonly schema?: string;
    readonly body?: { elements?: { tag: string; content: string }[] };
  };
  const [element] = body?.elements ?? [];
  if (schema === '2.0')
    return element?.tag === 'markdown' && element.content.trim() !== '' ? element.content : undefined;
  const [span] = post?.content?.[0] ?? [];
  return span?.tag === 'md' && span.text.trim() !== '' ? span.text : undefined;
}

/** Starts one on a free port of loopback. */
export async function startFakeFeishu(): Promise<FakeFeishu> {
  const sent = standing<FeishuMessage>();
  const edits = new Map<string, number>();
  const files: { name: string; bytes: Uint8Array; kind: string }[] = [];
  const uploads = new Map<string, { readonly name: string; readonly bytes: Uint8Array; readonly picture: boolean }>();
  const mishaps: FeishuMishap[] = [];
  const keys = new Set<string>();
  const giving = fileGiver();
  const resources = new Map<string, Uint8Array>();
  let target = '';
  let serial = 1_000;
  let token = '';
  let tokens = 0;

  const answer = (response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const done = (response: ServerResponse): void =>
    answer(response, 200, { code: 0, msg: 'success', data: { message_id: `om_${(serial += 1)}` } });
  const post = (to: Pick<FeishuMessage, 'chat' | 'answers'>, body: Json, response: ServerResponse): void => {
    const mishap = mishaps.shift();
    if (typeof mishap === 'object') {
      const wait = mishap.resetSeconds === undefined ? {} : { 'x-ogw-ratelimit-reset': String(mishap.resetSeconds) };
      return answer(response, mishap.status, { code: mishap.code, msg: 'refused' }, wait);
    }
    const [content, uuid] = [String(body['content'] ?? ''), String(body['uuid'] ?? '')];
    const markdown = ['post', 'interactive'].includes(String(body['msg_type'])) ? markdownIn(content) : undefined;
    const kind = String(body['msg_type']);
    const { image_key: picture, file_key: given } = JSON.parse(content || '{}') as Record<string, string>;
    const upload = uploads.get((kind === 'image' ? picture : given) ?? '');
    if (upload !== undefined && upload.picture === (kind === 'image') && uuid !== '') {
      if (keys.has(uuid)) return done(response);
      keys.add(uuid);
      files.push({ name: upload.name, bytes: upload.bytes, kind });
      if (mishap === 'cut after accepting') return void response.destroy();
      return done(response);
    }
    if (markdown === undefined || uuid === '' || uuid.length > uuidMax)
      return answer(response, 400, { code: 230_001, msg: 'invalid param' });
    if (Buffer.byteLength(content) > contentBytesMax) return answer(response, 400, { code: 230_025, msg: 'too long' });
    if (keys.has(uuid)) return done(response);
    keys.add(uuid);
    sent.add(`om_${serial + 1}`, { ...to, markdown });
    if (mishap === 'cut after accepting') {
      serial += 1;
      return void response.destroy();
    }
    done(response);
  };
  /** A message can be changed 20 times. */
  const change = (id: string, body: Json, card: boolean, response: ServerResponse): void => {
    const markdown = markdownIn(String(body['content'] ?? '{}'));
    const times = (edits.get(id) ?? 0) + (card ? 0 : 1);
    if (markdown === undefined) return answer(response, 400, { code: 230_001, msg: 'invalid param' });
    if (times > 20) return answer(response, 400, { code: 230_072, msg: 'edited too often' });
    if (!sent.change(id, (was) => ({ ...was, markdown })))
      return answer(response, 400, { code: 230_011, msg: 'no such message' });
    edits.set(id, times);
    answer(response, 200, { code: 0, msg: 'success', data: { message_id: id } });
  };
  const take = async (body: Json, picture: boolean, response: ServerResponse): Promise<void> => {
    const file = body[picture ? 'image' : 'file'];
    const types = ['opus', 'mp4', 'pdf', 'doc', 'xls', 'ppt', 'stream'];
    const fits = picture ? body['image_type'] === 'message' : types.includes(String(body['file_type']));
    if (!(file instanceof File) || file.size === 0 || !fits) return answer(response, 400, { code: 234_001 });
    if (file.size > (picture ? 10_485_760 : 31_457_280)) return answer(response, 400, { code: 234_006 });
    const key = `${picture ? 'img' : 'file'}_v3_${(serial += 1)}`;
    const name = picture ? file.name : String(body['file_name']);
    uploads.set(key, { name, bytes: new Uint8Array(await file.arrayBuffer()), picture });
    answer(response, 200, { code: 0, msg: 'ok', data: picture ? { image_key: key } : { file_key: key } });
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
      if (path === '/open-apis/auth/v3/tenant_access_token/internal') {
        if (body['app_id'] !== appId || body['app_secret'] !== secret)
          return answer(response, 200, { code: 10_014, msg: 'app secret invalid' });
        // The one that is out is told again while it lasts.
        if (token === '') token = `t-${(tokens += 1)}-of-the-fake-feishu`;
        return answer(response, 200, { code: 0, msg: 'ok', tenant_access_token: token, expire: 7_200 });
      }
      if (token === '' || request.headers.authorization !== `Bearer ${token}`)
        return answer(response, 400, { code: 99_991_663, msg: 'Invalid access token' });
      if (path === '/open-apis/bot/v3/info')
        return answer(response, 200, { code: 0, msg: 'ok', bot: { open_id: self, app_name: 'QueueClaw' } });
      if (request.method === 'POST' && path === '/open-apis/im/v1/images') return take(body, true, response);
      if (request.method === 'POST' && path === '/open-apis/im/v1/files') return take(body, false, response);
      if (request.method === 'POST' && path === '/open-apis/im/v1/messages') {
        if (query.get('receive_id_type') !== 'chat_id') return answer(response, 400, { code: 230_001 });
        return post({ chat: String(body['receive_id']), answers: undefined }, body, response);
      }
      const kept = request.method === 'GET' ? resources.get(`${path}?type=${query.get('type')}`) : undefined;
      if (kept !== undefined) return void giving.give(response, kept, { 'content-type': 'image/png' });
      const [, message] = /^\/open-apis\/im\/v1\/messages\/([^/]+)$/.exec(path) ?? [];
      if ((request.method === 'PUT' || request.method === 'PATCH') && message !== undefined)
        return change(message, body, request.method === 'PATCH', response);
      if (request.method === 'DELETE' && message !== undefined && sent.remove(message))
        return answer(response, 200, { code: 0, msg: 'success' });
      const [, answers] = /^\/open-apis\/im\/v1\/messages\/([^/]+)\/reply$/.exec(path) ?? [];
      if (request.method === 'POST' && answers !== undefined)
        return post({ chat: undefined, answers: decodeURIComponent(answers) }, body, response);
      return answer(response, 404, { code: 99_992_402, msg: 'no such path' });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const call: FakeFeishu['call'] = async (content, forgery = {}) => {
    const signed = JSON.stringify({ encrypt: encrypt(JSON.stringify(content), forgery.encryptKey ?? encryptKey) });
    const at = String(Math.floor(Date.now() / 1_000) - (forgery.age ?? 0));
    const nonce = randomBytes(6).toString('hex');
    const made = createHash('sha256')
      .update(`${at}${nonce}${forgery.signKey ?? encryptKey}${signed}`)
      .digest('hex');
    const signature = forgery.signature === undefined ? made : forgery.signature(made);
    return fetch(target, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'x-lark-request-timestamp': at, 'x-lark-request-nonce': nonce },
        ...(signature === undefined ? {} : { 'x-lark-signature': signature }),
      },
      body: forgery.body?.(signed) ?? signed,
    });
  };
  const event: FakeFeishu['event'] = (text, more = {}) => ({
    schema: '2.0',
    header: {
      ...{ event_id: `e${(serial += 1)}`, event_type: 'im.message.receive_v1', create_time: '1790000000000' },
      ...{ token: verificationToken, app_id: appId, tenant_key: 'k1', ...more.header },
    },
    event: {
      sender: { sender_id: { open_id: more.user ?? 'ou_ada00000' }, sender_type: 'user', tenant_key: 'k1' },
      message: {
        ...{ message_id: `om_${(serial += 1)}`, chat_id: 'oc_alone00', chat_type: 'p2p', message_type: 'text' },
        ...{ content: JSON.stringify({ text }), ...more.message },
      },
    },
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{
      appId,
      secret,
      encryptKey,
      verificationToken,
      self,
      sent: sent.all,
      changes: sent.changes,
      files,
      giving,
      call,
      event,
    },
    callAt: (url) => void (target = url),
    say: async (text, more) => (await call(event(text, more))).status,
    keep: (id, type, bytes) => {
      const key = `${type}_v3_${(serial += 1)}`;
      resources.set(`/open-apis/im/v1/messages/${id}/resources/${key}?type=${type}`, bytes);
      return key;
    },
    tokens: () => tokens,
    endToken: () => void (token = ''),
    next: (mishap) => void mishaps.push(mishap),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
