/**
 * Takes what only one may hold, or keeps it. KEYS: holder. ARGV: token, ttlMs, who, trouble (empty when all is well). Returns 1 when
 * it is ours, else 0.
 */
export const hold = `
local now = redis.call('HGET', KEYS[1], 'token')
if now and now ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'who', ARGV[3], 'trouble', ARGV[4])
if not now then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'since', time[1] .. string.sub(string.format('%06d', time[2]), 1, 3))
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`;

/** Gives it up, when it is ours. KEYS: holder. ARGV: token. */
export const letGo = `
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`;
