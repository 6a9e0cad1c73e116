import { prelude } from './prelude.js';

/**
 * A dead reply goes to the end of its outbox, once. KEYS: dead, outbox mb, due:replies. ARGV: dead letter, item, member.
 * Returns 1, or 0 when the dead letter is not there any more.
 */
export const redeliver = `${prelude}
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], 'NX', clock(), ARGV[3])
return 1
`;
