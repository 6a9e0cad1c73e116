import { prelude } from './prelude.js';

/**
 * The safety net and the clock. KEYS: due. ARGV: most, again in ms. Returns the members that are due; they are looked at
 * again in a few seconds unless their worker says otherwise. Replicas share the work, since each takes what it re-scores.
 */
export const dispatch = `${prelude}
local now = clock()
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(members) do redis.call('ZADD', KEYS[1], now + ARGV[2], member) end
return members
`;
