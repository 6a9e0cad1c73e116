import { prelude } from './prelude.js';

/**
 * Puts what was spent in the place of what was reserved, on the day of the reservation. Harmless when repeated, and when the
 * reservation or its day is gone: then it stays counted in full.
 * KEYS: reservation, person, conversation, tenant. ARGV: tokens, money, how long it is remembered.
 * Returns 'ok', 'again' or 'gone'.
 */
export const settle = `${prelude}
local known = redis.call('GET', KEYS[1])
if not known then return 'gone' end
local tokens, money = string.match(known, '^(%d+) (%d+) ')
if not tokens then return 'again' end
tokens, money = tonumber(tokens), tonumber(money)
for s = 2, 4 do
  local v = redis.call('HMGET', KEYS[s], 'tokens', 'money', 'held_tokens', 'held_money')
  if v[1] then
    redis.call('HSET', KEYS[s], 'tokens', whole(math.max(0, number(v[1]) - tokens + ARGV[1])),
      'money', whole(math.max(0, number(v[2]) - money + ARGV[2])),
      'held_tokens', whole(math.max(0, number(v[3]) - tokens)), 'held_money', whole(math.max(0, number(v[4]) - money)))
  end
end
redis.call('SET', KEYS[1], 'settled', 'PX', ARGV[3])
return 'ok'
`;
