import { AESCipher } from '@larksuiteoapi/node-sdk';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '../contract.js';
import type { FeishuConfig } from './config.js';
import { Challenge, Envelope } from './event.js';

const ageSecondsMax = 300;

/** What a call says once it is believed. */
export type Call =
  | { readonly type: 'challenge'; readonly challenge: string }
  | { readonly type: 'event'; envelope: Envelope };

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const equal = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));

/** Whether Feishu signed these very bytes not long ago ("Verify events": SHA-256 of time, nonce, key and body). */
function isSigned({ headers, body }: WebhookRequest, key: string, now: number): boolean {
  const sentAt = headers['x-lark-request-timestamp'] ?? '';
  if (!/^\d{1,12}$/.test(sentAt) || Math.abs(now / 1_000 - Number(sentAt)) > ageSecondsMax) return false;
  const made = sha256(sentAt, headers['x-lark-request-nonce'] ?? '', key, body).toString('hex');
  return equal(headers['x-lark-signature'] ?? '', made);
}

function decrypted(body: Uint8Array, key: string): unknown {
  try {
    const { encrypt } = JSON.parse(Buffer.from(body).toString('utf8')) as { encrypt?: unknown };
    return typeof encrypt === 'string' ? JSON.parse(new AESCipher(key).decrypt(encrypt)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a call: encrypted with our key, with our verification token in it and, but for the set-up of the address, which is not
 * signed, signed as it is within five minutes. Undefined for everything else, whatever is wrong with it.
 */
export function readCall(request: WebhookRequest, config: FeishuConfig, now: number): Call | undefined {
  if (request.method !== 'POST') return undefined;
  const content = decrypted(request.body, config.encrypt_key);
  const challenge = Challenge.safeParse(content);
  if (challenge.success)
    return equal(challenge.data.token, config.verification_token)
      ? { type: 'challenge', challenge: challenge.data.challenge }
      : undefined;
  if (!isSigned(request, config.encrypt_key, now)) return undefined;
  const envelope = Envelope.safeParse(content);
  if (!envelope.success || !equal(envelope.data.header.token, config.verification_token)) return undefined;
  return envelope.data.header.app_id === config.app_id ? { type: 'event', envelope: envelope.data } : undefined;
}
