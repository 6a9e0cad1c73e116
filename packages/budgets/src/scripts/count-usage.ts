/**
 * Adds a batch of usage of one tenant and day. A batch that is sent again changes nothing.
 * KEYS: writer, tenant's day, ranking, then a person's usage per row. ARGV: batch, how long the writer is remembered, day,
 * expireAt of the day, a person's lifetime, oldest day kept, most people ranked, most models, then per row person, model
 * and seven counts.
 */
export const countUsage = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return 'again' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local day = ARGV[3]
local function add(key, field, at)
  local sums, n = {}, 0
  for count in string.gmatch(redis.call('HGET', key, field) or '', '%d+') do
    n = n + 1
    sums[n] = tonumber(count)
  end
  for i = 1, 7 do sums[i] = string.format('%.0f', (sums[i] or 0) + ARGV[at + i]) end
  local fresh = redis.call('HSET', key, field, table.concat(sums, ' ')) == 1
  return fresh, sums[1] + sums[2]
end
for row = 1, #KEYS - 3 do
  local at = 9 * row + 1
  local person, model = ARGV[at - 1], ARGV[at]
  add(KEYS[2], '', at)
  if model ~= '' then
    if redis.call('HEXISTS', KEYS[2], model) == 0 and redis.call('HLEN', KEYS[2]) > tonumber(ARGV[8]) then model = 'others' end
    add(KEYS[2], model, at)
  end
  if person ~= '' then
    local key = KEYS[row + 3]
    local fresh, tokens = add(key, day, at)
    redis.call('PEXPIRE', key, ARGV[5])
    if fresh and redis.call('HLEN', key) > 100 then
      for _, old in ipairs(redis.call('HKEYS', key)) do
        if old < ARGV[6] then redis.call('HDEL', key, old) end
      end
    end
    redis.call('ZADD', KEYS[3], tokens, person)
  end
end
redis.call('PEXPIREAT', KEYS[2], ARGV[4])
if redis.call('ZCARD', KEYS[3]) > 1.2 * ARGV[7] then redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - ARGV[7]) end
redis.call('PEXPIREAT', KEYS[3], ARGV[4])
return 'ok'
`;
