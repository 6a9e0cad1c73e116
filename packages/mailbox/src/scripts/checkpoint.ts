import { fence, prelude } from './prelude.js';

/**
 * After a model's answer, before any effect: the journal is durable and the mail it holds leaves the mailbox.
 * KEYS: st, mb, ct. ARGV: epoch, journal, popMail, popControl. Returns what mail came meanwhile: { 'ok', control, mail }.
 */
export const checkpoint = `${prelude}${fence}
redis.call('HSET', KEYS[1], 'journal', ARGV[2], 'tries', '0')
if ARGV[3] ~= '0' then redis.call('LTRIM', KEYS[2], ARGV[3], -1) end
if ARGV[4] ~= '0' then redis.call('LTRIM', KEYS[3], ARGV[4], -1) end
return { 'ok', redis.call('LRANGE', KEYS[3], 0, 99), redis.call('LRANGE', KEYS[2], 0, 99) }
`;
