import { randomBytes, randomFillSync } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const pool = new Uint8Array(4_096);
let used = pool.length;

/** Random bytes, drawn from the system a few thousand at a time; none is handed out twice. */
const random = (count: number): Uint8Array => {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.slice(used - count, used);
};

/** The last `chars` digits of a big-endian number in base 32. */
const encode = (bytes: Uint8Array, chars: number): string => {
  let text = '';
  let held = 0;
  let bits = 0;
  for (let at = bytes.length - 1; text.length < chars; at -= 1) {
    held |= (bytes[at] ?? 0) << bits;
    bits += 8;
    for (; bits >= 5 && text.length < chars; bits -= 5) {
      text = (alphabet[held & 31] ?? '') + text;
      held >>>= 5;
    }
  }
  return text;
};

/** A new id: 26 characters, sortable by time (the layout of ULID, lower case). */
export function newId(now: number = Date.now()): string {
  const time = new Uint8Array(6);
  new DataView(time.buffer).setUint16(0, Math.floor(now / 2 ** 32));
  new DataView(time.buffer).setUint32(2, now % 2 ** 32);
  return encode(time, 10) + encode(random(10), 16);
}

/** A random ticket of 128 bits, 22 characters. */
export function newTicket(): string {
  return randomBytes(16).toString('base64url');
}
