import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const encode = (bytes: Uint8Array, chars: number): string => {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let at = 0; at < chars; at += 1) {
    text = (alphabet[Number(value & 31n)] ?? '') + text;
    value >>= 5n;
  }
  return text;
};

/** A new id: 26 characters, sortable by time (the layout of ULID, lower case). */
export function newId(now: number = Date.now()): string {
  const time = new Uint8Array(6);
  new DataView(time.buffer).setUint16(0, Math.floor(now / 2 ** 32));
  new DataView(time.buffer).setUint32(2, now % 2 ** 32);
  return encode(time, 10) + encode(randomBytes(10), 16);
}

/** A random ticket of 128 bits, 22 characters. */
export function newTicket(): string {
  return randomBytes(16).toString('base64url');
}
