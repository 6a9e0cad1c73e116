import { fence, prelude } from './prelude.js';

/** Provisional deltas: a stale epoch cannot append. KEYS: st, live. ARGV: epoch, keep, ttl, events. */
export const appendLive = `${prelude}${fence}
for i = 4, #ARGV do publish(KEYS[2], 'e', ARGV[i], ARGV[2], ARGV[3]) end
return { 'ok' }
`;
