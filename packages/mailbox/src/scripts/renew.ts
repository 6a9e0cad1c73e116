import { leaseFence, prelude } from './prelude.js';

/**
 * A worker that still runs keeps its lease. KEYS: st, due, mb, ct. ARGV: epoch, member, leaseMs.
 * Returns { 'ok', waiting mail, waiting control mail }: what `control` said by pub/sub may have been lost.
 */
export const renew = `${prelude}${leaseFence}
local lease = clock() + ARGV[3]
redis.call('HSET', KEYS[1], 'lease', lease)
redis.call('ZADD', KEYS[2], lease, ARGV[2])
return { 'ok', redis.call('LLEN', KEYS[3]), redis.call('LLEN', KEYS[4]) }
`;

/**
 * A worker gives the conversation back as it is; somebody looks at it after a delay. KEYS: st, due.
 * ARGV: epoch, member, delayMs, blameless ('1': this claim does not count as a try).
 */
export const release = `${prelude}${leaseFence}
local tries = tonumber(s[3] or '0')
if ARGV[4] == '1' and tries > 0 then tries = tries - 1 end
redis.call('HSET', KEYS[1], 'lease', '0', 'tries', tries)
redis.call('ZADD', KEYS[2], clock() + ARGV[3], ARGV[2])
return { 'ok' }
`;
