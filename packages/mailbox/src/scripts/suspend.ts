import { fence, prelude, writeFence } from './prelude.js';

/**
 * The turn waits for tools and gives its worker back. Until \`arm\` says that the tasks are queued, the conversation is due
 * again within seconds, so that whoever claims next adds what is missing.
 * KEYS: st, mb, ct, wt, due, live, cm, outbox mb, due:replies. ARGV: epoch, write, member, journal, popMail, popControl, armMs,
 * deadline, mailWakes ('1': mail of people wakes it too), liveKeep, liveTtl, calls n, n x (call, 't' ticket or 'a' approval), live
 * events n, live events, then outbox items.
 */
export const suspend = `${prelude}${writeFence}
if again then return { 'ok', scheduled == '1' and 1 or 0 } end
if ARGV[5] ~= '0' then redis.call('LTRIM', KEYS[2], ARGV[5], -1) end
if ARGV[6] ~= '0' then redis.call('LTRIM', KEYS[3], ARGV[6], -1) end
local n = tonumber(ARGV[12])
local waiting = 0
local kept = {}
local decided = false
for i = 1, n do
  local call, out = ARGV[11 + 2 * i], ARGV[12 + 2 * i]
  local known = redis.call('HGET', KEYS[4], call)
  local back = known and string.sub(known, 1, 1)
  if back == 'r' then kept[#kept + 1] = { call, known }
  elseif back == 'd' and string.sub(out, 1, 1) == 'a' then
    kept[#kept + 1] = { call, known }
    decided = true
  else
    waiting = waiting + 1
    kept[#kept + 1] = { call, out }
  end
end
redis.call('DEL', KEYS[4])
for _, pair in ipairs(kept) do redis.call('HSET', KEYS[4], pair[1], pair[2]) end
local now = clock()
local at = now + ARGV[7]
if waiting == 0 or decided or redis.call('LLEN', KEYS[3]) + redis.call('LLEN', KEYS[7]) > 0 or redis.call('HEXISTS', KEYS[1], 'compact') == 1
  or (ARGV[9] == '1' and redis.call('LLEN', KEYS[2]) > 0) then at = now end
if decided then redis.call('HSET', KEYS[1], 'decided', '1') else redis.call('HDEL', KEYS[1], 'decided') end
redis.call('HSET', KEYS[1], 'phase', 'tools', 'journal', ARGV[4], 'waiting', waiting, 'deadline', ARGV[8],
  'tries', '0', 'lease', '0', 'armed', '0', 'mailWakes', ARGV[9], 'wrote', ARGV[2], 'scheduled', at == now and '1' or '0')
redis.call('ZADD', KEYS[5], at, ARGV[3])
local events = tonumber(ARGV[13 + 2 * n])
for i = 14 + 2 * n, 13 + 2 * n + events do publish(KEYS[6], 'e', ARGV[i], ARGV[10], ARGV[11]) end
for i = 14 + 2 * n + events, #ARGV do
  redis.call('RPUSH', KEYS[8], ARGV[i])
  redis.call('ZADD', KEYS[9], 'NX', now + grace, ARGV[3])
end
return { 'ok', at == now and 1 or 0 }
`;

/**
 * The tasks are queued: due moves to their deadline. KEYS: st, due. ARGV: epoch, member, deadline.
 * Not when a result or control mail has made the conversation due already.
 */
export const arm = `${prelude}${fence}
local s = redis.call('HMGET', KEYS[1], 'phase', 'scheduled')
if s[1] ~= 'tools' then return { 'stale' } end
redis.call('HSET', KEYS[1], 'armed', '1')
if s[2] ~= '1' then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2]) end
return { 'ok' }
`;
