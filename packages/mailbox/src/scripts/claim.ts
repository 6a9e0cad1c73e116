import { prelude } from './prelude.js';

/**
 * KEYS: st, mb, ct, wt, tr, due. ARGV: member, leaseMs, mailMax, historyMax, the turn whose history is known or ''.
 * Returns { 'busy' } while another worker's lease lives; { 'empty' } when there is nothing to do; { 'waiting' } when the
 * tools are out and it is not time; else { 'claimed', epoch, now, tries, turn, journal or '', control, mail, wt pairs,
 * history or 'known' }.
 */
export const claim = `${prelude}
local now = clock()
local s = redis.call('HMGET', KEYS[1], 'lease', 'phase', 'journal', 'waiting', 'deadline', 'armed', 'epoch', 'tries', 'turn')
if s[1] and tonumber(s[1]) > now then
  redis.call('ZADD', KEYS[6], s[1], ARGV[1])
  return { 'busy' }
end
local control = redis.call('LRANGE', KEYS[3], 0, 99)
local mail = redis.call('LRANGE', KEYS[2], 0, ARGV[3] - 1)
local waiting = {}
if s[2] == 'tools' then
  if #control == 0 and s[6] == '1' and tonumber(s[4] or '0') > 0 and tonumber(s[5] or '0') > now then
    redis.call('HSET', KEYS[1], 'scheduled', '0')
    redis.call('ZADD', KEYS[6], s[5], ARGV[1])
    return { 'waiting' }
  end
  waiting = redis.call('HGETALL', KEYS[4])
elseif #control == 0 and #mail == 0 and not s[3] then
  redis.call('HSET', KEYS[1], 'scheduled', '0')
  redis.call('ZREM', KEYS[6], ARGV[1])
  return { 'empty' }
end
local epoch, tries, turn = (s[7] or 0) + 1, (s[8] or 0) + 1, s[9] or '0'
local lease = now + ARGV[2]
redis.call('HSET', KEYS[1], 'epoch', epoch, 'tries', tries, 'lease', lease, 'scheduled', '1')
redis.call('ZADD', KEYS[6], lease, ARGV[1])
return { 'claimed', epoch, now, tries, turn, s[3] or '', control, mail, waiting,
  turn == ARGV[5] and 'known' or redis.call('LRANGE', KEYS[5], -ARGV[4], -1) }
`;
