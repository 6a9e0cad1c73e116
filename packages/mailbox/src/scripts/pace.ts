import { prelude } from './prelude.js';

/**
 * Whether a message is still within its conversation's pace; one that comes again counts once. KEYS: pace, a sorted set of ids
 * by time. ARGV: id, most in a minute, most in an hour. Returns 1 or 0.
 */
export const keepPace = `${prelude}
local now = clock()
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - 3600000)
if redis.call('ZCOUNT', KEYS[1], now - 60000, '+inf') >= tonumber(ARGV[2])
  or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], 3600000)
return 1
`;
