import { inbox, prelude, writeFence } from './prelude.js';

/**
 * Older messages are summarised, and the person is told. KEYS: st, mb, ct, outbox mb, due:replies. ARGV: epoch, write, member,
 * summary or '', until, '1': the command that waited for it is done, then outbox items.
 * Returns what mail came meanwhile, like checkpoint: { 'ok', control, mail }.
 */
export const summarise = `${prelude}${inbox}${writeFence}
if not again then
  redis.call('HSET', KEYS[1], 'wrote', ARGV[2])
  -- Only what goes on forgives what failed before: a turn that keeps crashing must come to its end.
  if ARGV[4] ~= '' or ARGV[6] == '1' then redis.call('HSET', KEYS[1], 'tries', '0') end
  if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'summary', ARGV[4], 'until', ARGV[5]) end
  if ARGV[6] == '1' then redis.call('HDEL', KEYS[1], 'compact') end
  for i = 7, #ARGV do redis.call('RPUSH', KEYS[4], ARGV[i]) end
  if #ARGV > 6 then redis.call('ZADD', KEYS[5], 'NX', clock() + grace, ARGV[3]) end
end
local control, mail = inbox(KEYS[2], KEYS[3])
return { 'ok', control, mail }
`;
