/**
 * Adds a batch of usage of one tenant and day. A batch that is sent again changes nothing.
 * KEYS: writer, tenant's day, ranking, then the usage of each person. ARGV: batch, how long the writer is remembered, day,
 * expireAt of the day, a person's lifetime, oldest day kept, most people ranked, most models, how many models, then per
 * model ('': all of them) and per person the name and seven counts.
 */
export const countUsage = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return 'again' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local seven = '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)'
local function add(key, field, at)
  local a, b, c, d, e, f, g = string.match(redis.call('HGET', key, field) or '0 0 0 0 0 0 0', seven)
  local input, output = a + ARGV[at + 1], b + ARGV[at + 2]
  local fresh = redis.call('HSET', key, field, string.format('%.0f %.0f %.0f %.0f %.0f %.0f %.0f', input, output,
    c + ARGV[at + 3], d + ARGV[at + 4], e + ARGV[at + 5], f + ARGV[at + 6], g + ARGV[at + 7]))
  return fresh == 1, input + output
end
local models, at = tonumber(ARGV[9]), 10
for _ = 1, models do
  local model = ARGV[at]
  if model ~= '' and redis.call('HEXISTS', KEYS[2], model) == 0 and redis.call('HLEN', KEYS[2]) > tonumber(ARGV[8]) then
    model = 'others'
  end
  add(KEYS[2], model, at)
  at = at + 8
end
for person = 4, #KEYS do
  local fresh, tokens = add(KEYS[person], ARGV[3], at)
  if fresh then
    redis.call('PEXPIRE', KEYS[person], ARGV[5])
    if redis.call('HLEN', KEYS[person]) > 100 then
      for _, old in ipairs(redis.call('HKEYS', KEYS[person])) do
        if old < ARGV[6] then redis.call('HDEL', KEYS[person], old) end
      end
    end
  end
  redis.call('ZADD', KEYS[3], tokens, ARGV[at])
  at = at + 8
end
redis.call('PEXPIREAT', KEYS[2], ARGV[4])
if redis.call('ZCARD', KEYS[3]) > 1.2 * ARGV[7] then redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - ARGV[7]) end
redis.call('PEXPIREAT', KEYS[3], ARGV[4])
return 'ok'
`;
