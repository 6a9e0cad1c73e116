import { inbox, prelude, writeFence } from './prelude.js';

/**
 * After a model's answer, before any effect: the journal is durable and the mail it holds leaves the mailbox. The journal
 * waits for no tool: calls that were out are settled in it, and results that still come are refused.
 * KEYS: st, mb, ct, wt. ARGV: epoch, write, journal, popMail, popControl.
 * Returns what mail came meanwhile: { 'ok', control, mail }.
 */
export const checkpoint = `${prelude}${inbox}${writeFence}
if not again then
  redis.call('HSET', KEYS[1], 'journal', ARGV[3], 'tries', '0', 'wrote', ARGV[2])
  if ARGV[4] ~= '0' then redis.call('LTRIM', KEYS[2], ARGV[4], -1) end
  if ARGV[5] ~= '0' then redis.call('LTRIM', KEYS[3], ARGV[5], -1) end
  if phase == 'tools' then
    redis.call('HDEL', KEYS[1], 'phase', 'waiting', 'deadline', 'armed', 'mailWakes', 'decided')
    redis.call('DEL', KEYS[4])
  end
end
local control, mail = inbox(KEYS[2], KEYS[3])
return { 'ok', control, mail }
`;
