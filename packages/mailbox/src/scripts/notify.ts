import { prelude } from './prelude.js';

/**
 * Puts a reply of the system's own into an outbox, once by its id. KEYS: record, outbox mb, due:replies. ARGV: what is told once,
 * recordTtl, most of it, item, member. Returns 1, or 0 when it was there before or there are too many.
 */
export const notify = `${prelude}
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 or redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], '\\naccepted\\n')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[4])
redis.call('ZADD', KEYS[3], 'NX', clock(), ARGV[5])
return 1
`;
