import { createCipheriv, createHash, randomBytes } from 'node:crypto';

/** The fields of a message, as they stand in its XML. */
export type WeChatFields = Readonly<Record<string, string>>;

/** How a call is spoiled on its way, for tests of what is believed. */
export type WeChatForgery = {
  readonly token?: string;
  readonly aesKey?: string;
  readonly receiver?: string;
  /** Seconds ago. */
  readonly age?: number;
  /** Not encrypted, with the signature of time and nonce only. */
  readonly plain?: boolean;
  /** Instead of the XML of the fields, before it is encrypted. */
  readonly xml?: string;
  readonly padding?: (bytes: Buffer) => Buffer;
  readonly body?: (body: string) => string;
  readonly query?: (query: Record<string, string>) => Record<string, string>;
};

export type WeChatSecrets = { readonly token: string; readonly aesKey: string; readonly receiver: string };

/** WeChat writes words into CDATA sections and numbers as they are. */
const xmlOf = (fields: WeChatFields): string =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) =>
      /^(?:CreateTime|MsgId|AgentID|Location_[XY])$/.test(name)
        ? `<${name}>${value}</${name}>`
        : `<${name}><![CDATA[${value}]]></${name}>`,
    )
    .join('')}</xml>`;

function filledUp(bytes: Buffer): Buffer {
  const count = 32 - (bytes.length % 32);
  return Buffer.concat([bytes, Buffer.alloc(count, count)]);
}

/** The scheme of "Encryption and decryption": 16 random bytes, the length, the text, who it is for, filled up to 32. */
function seal(text: string, { aesKey, receiver }: WeChatSecrets, padding = filledUp): string {
  const key = Buffer.from(`${aesKey}=`, 'base64');
  const words = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(words.length);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const whole = padding(Buffer.concat([randomBytes(16), length, words, Buffer.from(receiver)]));
  return Buffer.concat([cipher.update(whole), cipher.final()]).toString('base64');
}

const signatureOf = (...parts: readonly string[]): string =>
  createHash('sha1').update(parts.toSorted().join('')).digest('hex');

const moment = ({ age = 0 }: WeChatForgery): { timestamp: string; nonce: string } => ({
  timestamp: String(Math.floor(Date.now() / 1_000) - age),
  nonce: String(randomBytes(4).readUInt32BE()),
});

const addressOf = (target: string, query: Record<string, string>, { query: spoiled }: WeChatForgery): string =>
  `${target}?${new URLSearchParams(spoiled?.(query) ?? query)}`;

/** Calls an address as WeChat does. */
export function callWeChat(
  target: string,
  fields: WeChatFields,
  secrets: WeChatSecrets,
  forgery: WeChatForgery = {},
): Promise<Response> {
  const used = { ...secrets, ...forgery };
  const xml = forgery.xml ?? xmlOf(fields);
  const { timestamp, nonce } = moment(forgery);
  const signed = { signature: signatureOf(used.token, timestamp, nonce), timestamp, nonce };
  const sealed = seal(xml, used, forgery.padding);
  const query: Record<string, string> =
    forgery.plain === true
      ? signed
      : { ...signed, encrypt_type: 'aes', msg_signature: signatureOf(used.token, timestamp, nonce, sealed) };
  const body =
    forgery.plain === true
      ? xml
      : `<xml><ToUserName><![CDATA[${used.receiver}]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`;
  return fetch(addressOf(target, query, forgery), {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: forgery.body?.(body) ?? body,
  });
}

/** Asks an address to prove that it knows the keys, as the set-up does: by an encrypted text, or a plain one. */
export function verifyWeChat(
  target: string,
  echo: string,
  secrets: WeChatSecrets,
  forgery: WeChatForgery = {},
): Promise<Response> {
  const used = { ...secrets, ...forgery };
  const { timestamp, nonce } = moment(forgery);
  const echostr = forgery.plain === true ? echo : seal(echo, used, forgery.padding);
  const query: Record<string, string> =
    forgery.plain === true
      ? { signature: signatureOf(used.token, timestamp, nonce), timestamp, nonce, echostr }
      : { msg_signature: signatureOf(used.token, timestamp, nonce, echostr), timestamp, nonce, echostr };
  return fetch(addressOf(target, query, forgery));
}
