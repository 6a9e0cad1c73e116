import { prelude } from './prelude.js';

/**
 * Whoever works on the conversation changes nothing any more, nobody remembers its history, and its summary and live stream,
 * which may tell what somebody said, are gone. Harmless when repeated. KEYS: st, mb, ct, cm, due, live. ARGV: member.
 * Returns the journal or ''.
 */
export const cutOff = `${prelude}
if redis.call('EXISTS', KEYS[1]) == 0 then return '' end
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HDEL', KEYS[1], 'summary', 'until', 'who')
redis.call('DEL', KEYS[6])
local s = redis.call('HMGET', KEYS[1], 'journal', 'compact', 'lease')
if s[1] or s[2] or redis.call('EXISTS', KEYS[2], KEYS[3], KEYS[4]) > 0 then
  redis.call('HSET', KEYS[1], 'lease', '0', 'scheduled', '1')
  redis.call('ZADD', KEYS[5], clock(), ARGV[1])
elseif s[3] then
  redis.call('HSET', KEYS[1], 'lease', '0')
end
return s[1] or ''
`;

/**
 * Words are replaced where they still are what they were; harmless when repeated. KEYS: st, tr, mb, cm, ct. ARGV: old journal,
 * new journal or '', a request for a summary to drop or '', n, n waiting elements to remove, then per entry absolute index, old line, new line.
 */
export const redact = `
if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], 'journal') == ARGV[1] then redis.call('HSET', KEYS[1], 'journal', ARGV[2]) end
if ARGV[3] ~= '' and redis.call('HGET', KEYS[1], 'compact') == ARGV[3] then redis.call('HDEL', KEYS[1], 'compact') end
local n = tonumber(ARGV[4])
for i = 5, 4 + n do
  redis.call('LREM', KEYS[3], 1, ARGV[i])
  redis.call('LREM', KEYS[4], 1, ARGV[i])
  redis.call('LREM', KEYS[5], 1, ARGV[i])
end
local trimmed = tonumber(redis.call('HGET', KEYS[1], 'trimmed') or '0')
for i = 5 + n, #ARGV, 3 do
  local at = ARGV[i] - trimmed
  if at >= 0 and redis.call('LINDEX', KEYS[2], at) == ARGV[i + 1] then redis.call('LSET', KEYS[2], at, ARGV[i + 2]) end
end
return 1
`;
