import { bury, prelude, writeFence } from './prelude.js';

/**
 * A turn ends: its mail is gone, its transcript and answers are there, or none of it.
 * KEYS: st, mb, ct, wt, tr, due, conversations, outbox mb, due:replies, live, dead, cm.
 * ARGV: epoch, write, member, popMail, popControl, turn, reset, retentionMs, transcriptMax, liveKeep, liveTtl, dead letter
 * or '', entries n, entries, replies n, replies, live events. reset: 1, plus 2 when the
 * command that waits for a worker is dropped. Returns { 'ok', mail left, outbox length }.
 */
export const commit = `${prelude}${bury}${writeFence}
local function waiting()
  return redis.call('LLEN', KEYS[2]) + redis.call('LLEN', KEYS[3]) + redis.call('LLEN', KEYS[12])
    + redis.call('HEXISTS', KEYS[1], 'compact')
end
if again then return { 'ok', waiting(), redis.call('LLEN', KEYS[8]) } end
local now = clock()
local member = ARGV[3]
if ARGV[4] ~= '0' then redis.call('LTRIM', KEYS[2], ARGV[4], -1) end
if ARGV[5] ~= '0' then redis.call('LTRIM', KEYS[3], ARGV[5], -1) end
local flags = tonumber(ARGV[7])
if flags % 2 == 1 then
  redis.call('DEL', KEYS[5])
  redis.call('HDEL', KEYS[1], 'trimmed', 'summary', 'until', 'grants')
end
if flags >= 2 then redis.call('HDEL', KEYS[1], 'compact') end
local at = 13
local n = tonumber(ARGV[at])
if n > 0 then
  local length
  for i = 1, n do length = redis.call('RPUSH', KEYS[5], ARGV[at + i]) end
  local over = length - tonumber(ARGV[9])
  if over > 0 then
    redis.call('LTRIM', KEYS[5], over, -1)
    redis.call('HINCRBY', KEYS[1], 'trimmed', over)
  end
  redis.call('PEXPIRE', KEYS[5], ARGV[8])
end
at = at + n + 1
n = tonumber(ARGV[at])
local out = 0
for i = 1, n do out = redis.call('RPUSH', KEYS[8], ARGV[at + i]) end
if n > 0 then redis.call('ZADD', KEYS[9], 'NX', now + grace, member) end
for i = at + n + 1, #ARGV do publish(KEYS[10], 'e', ARGV[i], ARGV[10], ARGV[11]) end
if ARGV[12] ~= '' then bury(KEYS[11], ARGV[12]) end
local left = waiting()
if redis.call('HEXISTS', KEYS[1], 'journal') == 1 then
  redis.call('HDEL', KEYS[1], 'journal', 'phase', 'waiting', 'deadline', 'armed', 'mailWakes', 'decided')
  redis.call('DEL', KEYS[4])
end
redis.call('HSET', KEYS[1], 'wrote', ARGV[2], 'turn', ARGV[6], 'tries', '0', 'lease', '0', 'scheduled', left > 0 and '1' or '0')
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('ZADD', KEYS[7], now, string.sub(member, (string.find(member, '/', 1, true)) + 1))
redis.call('PEXPIRE', KEYS[7], ARGV[8])
if tonumber(ARGV[6]) % 50 == 1 then redis.call('ZREMRANGEBYSCORE', KEYS[7], 0, now - ARGV[8]) end
if left > 0 then redis.call('ZADD', KEYS[6], now + grace, member) else redis.call('ZREM', KEYS[6], member) end
return { 'ok', left, out }
`;
