import { redeliver } from '../redeliver.js';
import type { FileGiver } from '../file-giver.js';
import { callWeChat, verifyWeChat, type WeChatFields, type WeChatForgery } from './wechat-call.js';
import { type Answer, serveWeChat, type WeChatMishap } from './wechat-server.js';

/** A message that the app sent and WeCom took. */
export type WeComAppMessage = { readonly to: string; readonly type: string; readonly content: string };

/** WeCom as far as one app uses it, after its documentation: its API, and encrypted, signed calls with messages. */
export type FakeWeComApp = {
  /** For `api_root`. */
  readonly url: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly secret: string;
  readonly token: string;
  readonly aesKey: string;
  /** Where messages go from now on. */
  callAt(url: string): void;
  /** A person writes; `more` goes into the message. Called up to four times; resolves to the last answer's status, 0 for none. */
  say(text: string, more?: WeChatFields): Promise<number>;
  /** A message, as it is before it is encrypted. */
  message(text: string, more?: WeChatFields): WeChatFields;
  call(fields: WeChatFields, forgery?: WeChatForgery): Promise<Response>;
  /** Sets the address up: asks to decrypt a text. */
  verify(echo: string, forgery?: WeChatForgery): Promise<Response>;
  readonly sent: readonly WeComAppMessage[];
  /** Files that people were sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }[];
  /** Keeps what a person sends; tells its media id. */
  keep(bytes: Uint8Array): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  /** How many times a token was asked for. */
  tokens(): number;
  /** Ends the token that is out, before its time. */
  endToken(): void;
  next(mishap: WeChatMishap): void;
  close(): Promise<void>;
};

const corpId = 'ww0123456789abcdef';
const agentId = '1000002';
const secret = 'an-app-secret-of-the-fake-wecom-with-43-sig';
const token = 'QDG6eKTheFakeWeCom';
const aesKey = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C';
const contentBytesMax = 2_048;

/** Starts one on a free port of loopback. */
export async function startFakeWeComApp(): Promise<FakeWeComApp> {
  const sent: WeComAppMessage[] = [];
  const files: { name: string; bytes: Uint8Array; kind: string }[] = [];
  const media = new Map<string, { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }>();
  const given = new Map<string, Uint8Array>();
  const mishaps: WeChatMishap[] = [];
  const keys = { token, aesKey, receiver: corpId };
  let target = '';
  let serial = 7_000_000_000_000_000_000n;
  let access = '';
  let tokens = 0;

  const refused = (errcode: number): Answer => ({ body: { errcode, errmsg: `refused, hint: [1790000000]` } });
  const upload = async (kind: string, file: unknown): Promise<Answer> => {
    if (!['image', 'voice', 'file'].includes(kind)) return refused(40_004);
    if (!(file instanceof File) || file.size <= 5) return refused(40_006);
    if (file.size > (kind === 'file' ? 20_971_520 : 10_485_760)) return refused(45_001);
    const id = `media-${(serial += 1n)}`;
    media.set(id, { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()), kind });
    return { body: { errcode: 0, errmsg: 'ok', type: kind, media_id: id, created_at: '1790000000' } };
  };
  const server = await serveWeChat((path, query, body) => {
    if (path === '/cgi-bin/gettoken') {
      tokens += 1;
      if (query.get('corpid') !== corpId) return refused(40_013);
      if (query.get('corpsecret') !== secret) return refused(40_001);
      // The one that is out is told again while it lasts.
      if (access === '') access = `access-token-${tokens}-of-the-fake-wecom`;
      return { body: { errcode: 0, errmsg: 'ok', access_token: access, expires_in: 7_200 } };
    }
    const paths = ['/cgi-bin/message/send', '/cgi-bin/media/upload', '/cgi-bin/media/get'];
    if (!paths.includes(path)) return refused(40_066);
    if (access === '' || query.get('access_token') !== access) return refused(access === '' ? 42_001 : 40_014);
    if (path === '/cgi-bin/media/get') {
      const file = given.get(query.get('media_id') ?? '');
      return file === undefined ? refused(40_007) : { file };
    }
    if (path === '/cgi-bin/media/upload') return upload(query.get('type') ?? '', body['media']);
    const mishap = mishaps.shift();
    if (typeof mishap === 'object' && 'status' in mishap) return { status: mishap.status, body: {} };
    if (typeof mishap === 'object' && 'errcode' in mishap) return refused(mishap.errcode);
    const type = String(body['msgtype']);
    const { content = '', media_id: id = '' } = (body[type] ?? {}) as { content?: string; media_id?: string };
    if (body['agentid'] !== Number(agentId)) return refused(40_056);
    const shown = media.get(id);
    if (shown?.kind === type) {
      files.push(shown);
      return { body: { errcode: 0, errmsg: 'ok', msgid: `m${(serial += 1n)}`, invaliduser: '' } };
    }
    if ((type !== 'text' && type !== 'markdown') || content.trim() === '') return refused(44_004);
    if (Buffer.byteLength(content) > contentBytesMax) return refused(45_002);
    const invaliduser = typeof mishap === 'object' ? mishap.invaliduser : '';
    if (invaliduser === '') sent.push({ to: String(body['touser']), type, content });
    if (mishap === 'cut after accepting') return 'cut';
    return { body: { errcode: 0, errmsg: 'ok', msgid: `m${(serial += 1n)}`, invaliduser } };
  });
  const message: FakeWeComApp['message'] = (text, more = {}) => ({
    ...{ ToUserName: corpId, FromUserName: 'ada', CreateTime: '1790000000', MsgType: 'text', Content: text },
    ...{ MsgId: String((serial += 1n)), AgentID: agentId, ...more },
  });
  const call: FakeWeComApp['call'] = (fields, forgery) => callWeChat(target, fields, keys, forgery);
  return {
    ...{ url: server.url, giving: server.giving, corpId, agentId, secret, token, aesKey, sent, files, message, call },
    callAt: (url) => void (target = url),
    say: async (text, more) => {
      const said = message(text, more);
      return redeliver(() => call(said));
    },
    verify: (echo, forgery) => verifyWeChat(target, echo, keys, forgery),
    keep: (bytes) => {
      const id = `given-${(serial += 1n)}`;
      given.set(id, bytes);
      return id;
    },
    tokens: () => tokens,
    endToken: () => void (access = ''),
    next: (mishap) => void mishaps.push(mishap),
    close: server.close,
  };
}
