import { randomInt } from 'node:crypto';

/** Without what looks or sounds alike. */
const signs = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** A code that a person reads to an operator: 40 bits, so that nobody approves somebody else by a slip. */
export function newPairingCode(): string {
  return Array.from({ length: 8 }, () => signs.charAt(randomInt(signs.length))).join('');
}
