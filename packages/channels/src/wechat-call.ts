import { WecomCrypto } from '@wecom/aibot-node-sdk';
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { WebhookRequest } from './contract.js';
import { fieldsOf } from './wechat-xml.js';

/*
 * Calls of WeCom and of official accounts, which are signed and encrypted alike: SHA-1 of the sorted token, time, nonce and cipher
 * text; AES-256-CBC of 16 random bytes, the length, the text and who it is for, filled up to 32 bytes.
 */

const ageSecondsMax = 300;
const bodyBytesMax = 131_072;

/** What an account's calls are signed and encrypted with. */
export type WeChatKeys = {
  readonly token: string;
  /** 43 signs, which are 32 bytes. */
  readonly aesKey: string;
  /** The id of the company or account that calls are for; it is inside what is encrypted. */
  readonly receiver: string;
};

type Call = Pick<WebhookRequest, 'query' | 'body'>;

const Sealed = z.looseObject({ Encrypt: z.string().min(1).max(bodyBytesMax) });

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether `given` is made of `parts` and our token, by somebody whose clock says about the same as ours. */
function isSigned(given: string | undefined, query: Call['query'], token: string, now: number, more: string): boolean {
  const { timestamp = '', nonce = '' } = query;
  if (given === undefined || token === '' || nonce === '' || nonce.length > 128) return false;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1_000 - Number(timestamp)) > ageSecondsMax) return false;
  const made = createHash('sha1')
    .update([token, timestamp, nonce, ...(more === '' ? [] : [more])].toSorted(byUnits).join(''))
    .digest('hex');
  return timingSafeEqual(digest(given), digest(made));
}

const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function opened(sealed: string, { token, aesKey, receiver }: WeChatKeys): string | undefined {
  try {
    return new WecomCrypto(token, aesKey, receiver).decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** What the set-up of an address sends encrypted and wants back (`echostr`); undefined when it is not believed. */
export function sealedEcho({ query }: Call, keys: WeChatKeys, now: number): string | undefined {
  const { msg_signature: given, echostr = '' } = query;
  if (echostr === '' || !isSigned(given, query, keys.token, now, echostr)) return undefined;
  return opened(echostr, keys);
}

/** The fields of an encrypted call that was signed within five minutes, for us; undefined for everything else. */
export function sealedFields({ query, body }: Call, keys: WeChatKeys, now: number): object | undefined {
  const outer = Sealed.safeParse(fieldsIn(body));
  if (!outer.success || !isSigned(query['msg_signature'], query, keys.token, now, outer.data.Encrypt)) return undefined;
  const text = opened(outer.data.Encrypt, keys);
  return text === undefined ? undefined : fieldsOf(text);
}

/** Whether a call has a signature of time and nonce within five minutes. It says nothing about what else is in the call. */
export const isPlainlySigned = ({ query }: Call, token: string, now: number): boolean =>
  isSigned(query['signature'], query, token, now, '');

/** The fields of a body as it is. */
export const fieldsIn = (body: Uint8Array): object | undefined =>
  body.byteLength > bodyBytesMax ? undefined : fieldsOf(Buffer.from(body).toString('utf8'));
