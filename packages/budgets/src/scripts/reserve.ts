import { prelude } from './prelude.js';

/**
 * Reserves one model call in all three scopes, or in none. Repeated with the same id it answers as before.
 * KEYS: reservation, person, conversation, tenant. ARGV: expireAt, input tokens, most output tokens, least output tokens,
 * millionths per input token, per output token, turn's name, first step ('1': the turn is counted), heldFor, waitMax, then
 * per scope the limits of tokens, money and turns ('': none).
 * Returns { 'ok', output tokens }, { 'settled' }, { 'wait', ms so far } or { 'refused', scope 1..3, unit }.
 */
export const reserve = `${prelude}
local known = redis.call('GET', KEYS[1])
if known then
  local out = string.match(known, '^%d+ %d+ (%d+)$')
  if out then return { 'ok', tonumber(out) } end
  return { 'settled' }
end
local now = clock()
local input, most, least = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local priceIn, priceOut = tonumber(ARGV[5]), tonumber(ARGV[6])
local name = ARGV[7]
local turns = 0
if ARGV[8] == '1' and redis.call('HGET', KEYS[3], 'turn') ~= name then turns = 1 end

local used = {}
for s = 1, 3 do
  local v = redis.call('HMGET', KEYS[s + 1], 'tokens', 'money', 'turns', 'held_tokens', 'held_money', 'held_until')
  local holds = number(v[6]) >= now
  used[s] = {
    tokens = number(v[1]), money = number(v[2]), turns = number(v[3]), holds = holds, til = number(v[6]),
    heldTokens = holds and number(v[4]) or 0, heldMoney = holds and number(v[5]) or 0,
  }
end

-- How many output tokens there is room for, and who has least; freed: as if all that is held came back.
local function room(freed)
  local out, scope, unit = most, 0, ''
  for s = 1, 3 do
    local u, at = used[s], 8 + 3 * s
    local tokensMax, moneyMax, turnsMax = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    if turns == 1 and turnsMax and u.turns + 1 > turnsMax then return -1, s, 'turns' end
    if tokensMax then
      local left = tokensMax - u.tokens - input
      if freed then left = left + u.heldTokens end
      if left < out then out, scope, unit = left, s, 'tokens' end
    end
    if moneyMax then
      local left = moneyMax - u.money - input * priceIn
      if freed then left = left + u.heldMoney end
      local fits = left < 0 and -1 or (priceOut > 0 and math.floor(left / priceOut) or most)
      if fits < out then out, scope, unit = fits, s, 'money' end
      -- The division may have been rounded up.
      if scope == s and unit == 'money' and out > 0 and out * priceOut > left then out = out - 1 end
    end
  end
  return out, scope, unit
end

local out, scope, unit = room(false)
if out < least then
  if room(true) >= least then
    local waits = redis.call('HGET', KEYS[3], 'waits')
    local since = waits and string.match(waits, '^%d+ (.*)$') == name and tonumber(string.match(waits, '^%d+')) or now
    if now - since < tonumber(ARGV[10]) then
      redis.call('HSET', KEYS[3], 'waits', whole(since) .. ' ' .. name)
      redis.call('PEXPIREAT', KEYS[3], ARGV[1])
      return { 'wait', now - since }
    end
  end
  redis.call('HDEL', KEYS[3], 'waits')
  return { 'refused', scope, unit }
end

local tokens, money = input + out, math.ceil(input * priceIn + out * priceOut)
local til = now + tonumber(ARGV[9])
for s = 1, 3 do
  local key, u = KEYS[s + 1], used[s]
  redis.call('HSET', key, 'tokens', whole(u.tokens + tokens), 'money', whole(u.money + money),
    'turns', whole(u.turns + turns), 'held_tokens', whole(u.heldTokens + tokens),
    'held_money', whole(u.heldMoney + money), 'held_until', whole(math.max(til, u.holds and u.til or 0)))
  redis.call('PEXPIREAT', key, ARGV[1])
end
if turns == 1 then redis.call('HSET', KEYS[3], 'turn', name) end
redis.call('HDEL', KEYS[3], 'waits')
redis.call('SET', KEYS[1], whole(tokens) .. ' ' .. whole(money) .. ' ' .. whole(out), 'PXAT', ARGV[1])
return { 'ok', out }
`;
