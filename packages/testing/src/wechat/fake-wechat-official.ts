import type { FileGiver } from '../file-giver.js';
import { callWeChat, verifyWeChat, type WeChatFields, type WeChatForgery } from './wechat-call.js';
import { type Answer, serveWeChat, type WeChatMishap } from './wechat-server.js';

/** WeChat as far as one official account uses it, after its documentation: its API, and signed calls with messages. */
export type FakeWeChatOfficial = {
  /** For `api_root`. */
  readonly url: string;
  readonly appId: string;
  readonly secret: string;
  readonly token: string;
  readonly aesKey: string;
  /** A person's open id. */
  readonly person: string;
  callAt(url: string): void;
  /** A person writes; `more` goes into the message. Resolves to the answer's status and text. */
  say(text: string, more?: WeChatFields): Promise<readonly [number, string]>;
  message(text: string, more?: WeChatFields): WeChatFields;
  call(fields: WeChatFields, forgery?: WeChatForgery): Promise<Response>;
  verify(echo: string, forgery?: WeChatForgery): Promise<Response>;
  readonly sent: readonly { readonly to: string; readonly content: string }[];
  /** Files that people were sent. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array; readonly kind: string }[];
  /** Keeps what a person sends; tells its media id. */
  keep(bytes: Uint8Array): string;
  /** How files that people send are given out. */
  readonly giving: Pick<FileGiver, 'next' | 'goOn' | 'open'>;
  tokens(): number;
  /** Ends the token that is out, before its time. */
  endToken(): void;
  /** WeChat goes on telling the token that it refuses, until it is asked for another one. */
  spoilToken(): void;
  next(mishap: WeChatMishap): void;
  close(): Promise<void>;
};

const appId = 'wx0123456789abcdef';
const account = 'gh_7f083739789a';
const person = 'o6_bmjrPTlm6_2sgVt7hMZOPfL2M';
const secret = 'an-app-secret-of-the-fake-wechat';
const token = 'ATokenOfTheFakeWeChat';
const aesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const contentBytesMax = 2_048;

/** Starts one on a free port of loopback. */
export async function startFakeWeChatOfficial(): Promise<FakeWeChatOfficial> {
  const sent: { to: string; content: string }[] = [];
  const media = new Map<string, Uint8Array>();
  const files: { name: string; bytes: Uint8Array; kind: string }[] = [];
  const uploads = new Map<string, (typeof files)[number]>();
  const mishaps: WeChatMishap[] = [];
  const keys = { token, aesKey, receiver: appId };
  let target = '';
  let serial = 23_000_000_000_000_000n;
  let access = '';
  let spoiled = '';
  let tokens = 0;

  const refused = (errcode: number): Answer => ({ body: { errcode, errmsg: 'refused rid: 6f3ded7d-22929d02' } });
  const upload = async (kind: string, file: unknown): Promise<Answer> => {
    if (!(file instanceof File)) return refused(41_005);
    const fits = kind === 'image' ? /^image\/(png|jpeg|gif|bmp)$/ : /^audio\/(amr|mpeg)$/;
    if (!['image', 'voice'].includes(kind) || !fits.test(file.type)) return refused(40_004);
    if (file.size > (kind === 'image' ? 10_485_760 : 2_097_152)) return refused(45_001);
    const id = `media-${(serial += 1n)}`;
    uploads.set(id, { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()), kind });
    return { body: { type: kind, media_id: id, created_at: 1_790_000_000 } };
  };
  const server = await serveWeChat((path, query, body) => {
    if (path === '/cgi-bin/stable_token') {
      tokens += 1;
      if (body['grant_type'] !== 'client_credential') return refused(40_002);
      if (body['appid'] !== appId) return refused(40_013);
      if (body['secret'] !== secret) return refused(40_125);
      if (access === '' || body['force_refresh'] === true) access = `${tokens}_access-token-of-the-fake-wechat`;
      return { body: { access_token: access, expires_in: 7_200 } };
    }
    const paths = ['/cgi-bin/message/custom/send', '/cgi-bin/media/get', '/cgi-bin/media/upload'];
    if (!paths.includes(path)) return refused(40_066);
    const given = query.get('access_token');
    if (access === '' || given !== access || given === spoiled) return refused(access === '' ? 42_001 : 40_001);
    if (path === '/cgi-bin/media/get') {
      const file = media.get(query.get('media_id') ?? '');
      // Of films it tells an address.
      if (query.get('media_id') === 'film') return { body: { video_url: 'http://example.com/film' } };
      return file === undefined ? refused(40_007) : { file };
    }
    if (path === '/cgi-bin/media/upload') return upload(query.get('type') ?? '', body['media']);
    const mishap = mishaps.shift();
    if (typeof mishap === 'object' && 'status' in mishap) return { status: mishap.status, body: {} };
    if (typeof mishap === 'object' && 'errcode' in mishap) return refused(mishap.errcode);
    const type = String(body['msgtype']);
    const shown = uploads.get((body[type] as { media_id?: string } | undefined)?.media_id ?? '');
    if (shown?.kind === type) {
      files.push(shown);
      return mishap === 'cut after accepting' ? 'cut' : { body: { errcode: 0, errmsg: 'ok' } };
    }
    const { content = '' } = (body['text'] ?? {}) as { content?: string };
    if (body['msgtype'] !== 'text' || content.trim() === '') return refused(44_004);
    if (Buffer.byteLength(content) > contentBytesMax) return refused(45_002);
    sent.push({ to: String(body['touser']), content });
    return mishap === 'cut after accepting' ? 'cut' : { body: { errcode: 0, errmsg: 'ok' } };
  });
  const message: FakeWeChatOfficial['message'] = (text, more = {}) => ({
    ...{ ToUserName: account, FromUserName: person, CreateTime: '1790000000', MsgType: 'text', Content: text },
    ...{ MsgId: String((serial += 1n)), ...more },
  });
  const call: FakeWeChatOfficial['call'] = (fields, forgery) => callWeChat(target, fields, keys, forgery);
  return {
    ...{ url: server.url, giving: server.giving, appId, secret, token, aesKey, person, sent, files, message, call },
    callAt: (url) => void (target = url),
    say: async (text, more) => {
      const answer = await call(message(text, more));
      return [answer.status, await answer.text()];
    },
    verify: (echo, forgery) => verifyWeChat(target, echo, keys, { plain: true, ...forgery }),
    keep: (bytes) => {
      const id = `given-${(serial += 1n)}`;
      media.set(id, bytes);
      return id;
    },
    tokens: () => tokens,
    endToken: () => void (access = ''),
    spoilToken: () => void (spoiled = access),
    next: (mishap) => void mishaps.push(mishap),
    close: server.close,
  };
}
