import { controlMax } from '../limits.js';
import { inbox, prelude } from './prelude.js';

/**
 * KEYS: st, mb, ct, wt, tr, due, cm. ARGV: member, leaseMs, historyMax, the version of the history that is known or '',
 * '1': the claimer obeys commands.
 * Returns { 'commands', commands } first of all when there are any, and changes nothing; { 'busy' } while another worker's
 * lease lives; { 'empty' } when there is nothing to do; { 'waiting' } when the tools are out and it is not time; else { 'claimed', epoch, now, tries, turn, journal or '', control, mail, wt pairs,
 * history or 'known', entries ever, entries trimmed, summary or '', preferences or '', a command that waits for a worker or
 * '', how often the transcript was changed, bindings that are approved for the conversation }. A history's version is its turn and that. The history begins after what the summary covers. A conversation that is worked on does not expire.
 */
export const claim = `${prelude}${inbox}
local now = clock()
local s = redis.call('HMGET', KEYS[1], 'lease', 'phase', 'journal', 'waiting', 'deadline', 'armed', 'epoch', 'tries', 'turn',
  'mailWakes', 'compact', 'trimmed', 'until', 'summary', 'prefs', 'version', 'decided', 'grants')
local commands = redis.call('LRANGE', KEYS[7], 0, ${controlMax - 1})
if #commands > 0 and ARGV[5] == '1' then return { 'commands', commands } end
if s[1] and tonumber(s[1]) > now then
  redis.call('ZADD', KEYS[6], s[1], ARGV[1])
  return { 'busy' }
end
local control, mail = inbox(KEYS[2], KEYS[3])
local waiting = {}
if s[2] == 'tools' then
  local news = #control > 0 or s[11] or s[17] or (s[10] == '1' and #mail > 0)
  if not news and s[6] == '1' and tonumber(s[4] or '0') > 0 and tonumber(s[5] or '0') > now then
    redis.call('HSET', KEYS[1], 'scheduled', '0')
    redis.call('ZADD', KEYS[6], s[5], ARGV[1])
    return { 'waiting' }
  end
  waiting = redis.call('HGETALL', KEYS[4])
elseif #control == 0 and #mail == 0 and not s[3] and not s[11] then
  if #commands > 0 then return { 'empty' } end
  redis.call('HSET', KEYS[1], 'scheduled', '0')
  redis.call('ZREM', KEYS[6], ARGV[1])
  return { 'empty' }
end
local epoch, tries, turn = (s[7] or 0) + 1, (s[8] or 0) + 1, s[9] or '0'
local lease = now + ARGV[2]
redis.call('HSET', KEYS[1], 'epoch', epoch, 'tries', tries, 'lease', lease, 'scheduled', '1')
redis.call('PERSIST', KEYS[1])
redis.call('ZADD', KEYS[6], lease, ARGV[1])
local length = redis.call('LLEN', KEYS[5])
local trimmed = tonumber(s[12] or '0')
local fresh = math.min(tonumber(ARGV[3]), length, trimmed + length - tonumber(s[13] or '0'))
local history = {}
local version = turn .. '.' .. (s[16] or '0')
if version == ARGV[4] then history = 'known' elseif fresh > 0 then history = redis.call('LRANGE', KEYS[5], -fresh, -1) end
return { 'claimed', epoch, now, tries, turn, s[3] or '', control, mail, waiting, history, trimmed + length, trimmed,
  s[14] or '', s[15] or '', s[11] or '', s[16] or '0', s[18] or '' }
`;
