import { prelude } from './prelude.js';

/**
 * Results that runners appended. Each is taken with its ticket, once; the last one a turn waits for makes it due.
 * KEYS: results stream, due, then per item st, wt, live. ARGV: group, liveKeep, liveTtl, then per item entry id, member,
 * call, ticket, outcome, live event.
 * Returns per item 'refused' | 'taken' | 'wake'. The stream entries are acknowledged and removed in the same step.
 */
export const results = `${prelude}
local now = clock()
local out = {}
local n = (#KEYS - 2) / 3
for i = 1, n do
  local st, wt, live = KEYS[3 * i], KEYS[3 * i + 1], KEYS[3 * i + 2]
  local a = 3 + (i - 1) * 6
  local id, member, call, ticket, outcome, event = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5], ARGV[a + 6]
  local verdict = 'refused'
  if redis.call('HGET', wt, call) == 't' .. ticket then
    redis.call('HSET', wt, call, 'r' .. outcome)
    publish(live, 'e', event, ARGV[2], ARGV[3])
    verdict = 'taken'
    local left = redis.call('HINCRBY', st, 'waiting', -1)
    if left <= 0 and redis.call('HGET', st, 'phase') == 'tools' and redis.call('HGET', st, 'scheduled') ~= '1' then
      redis.call('HSET', st, 'scheduled', '1')
      redis.call('ZADD', KEYS[2], now + grace, member)
      verdict = 'wake'
    end
  end
  redis.call('XACK', KEYS[1], ARGV[1], id)
  redis.call('XDEL', KEYS[1], id)
  out[i] = verdict
end
return out
`;
