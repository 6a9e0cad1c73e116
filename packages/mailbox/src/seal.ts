import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ActorAddress } from '@queueclaw/contracts';

const unsealed = '-';

const sign = (key: string, address: ActorAddress, body: string): string =>
  createHmac('sha256', key).update(`${address.tenant}/${address.conversation}\n${body}`).digest('base64url');

/**
 * Mail on its way into a mailbox: an HMAC-SHA256 over the address and the body, a dot, the body. Only processes that speak
 * for people hold the key; the tool-runner does not.
 * @param key undefined leaves mail unsealed; a reader with a key refuses such mail
 */
export function seal(key: string | undefined, address: ActorAddress, body: string): string {
  return `${key === undefined ? unsealed : sign(key, address, body)}.${body}`;
}

/** The body of sealed mail; undefined when it is forged or belongs to another conversation. */
export function unseal(key: string | undefined, address: ActorAddress, sealed: string): string | undefined {
  const dot = sealed.indexOf('.');
  if (dot < 0) return undefined;
  const body = sealed.slice(dot + 1);
  if (key === undefined) return body;
  const given = Buffer.from(sealed.slice(0, dot));
  const right = Buffer.from(sign(key, address, body));
  return given.length === right.length && timingSafeEqual(given, right) ? body : undefined;
}
