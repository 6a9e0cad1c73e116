import { fence, prelude } from './prelude.js';

/** KEYS: st, due. ARGV: epoch, member, leaseMs. A worker that still runs keeps its lease. */
export const renew = `${prelude}${fence}
local lease = clock() + ARGV[3]
redis.call('HSET', KEYS[1], 'lease', lease)
redis.call('ZADD', KEYS[2], lease, ARGV[2])
return { 'ok' }
`;
