import { prelude } from './prelude.js';

/**
 * Counts the tool calls of one step, as many as there is room for in all three scopes. Repeated for the same step it replaces
 * what it counted before.
 * KEYS: person, conversation, tenant. ARGV: expireAt, step's name, calls wanted, then per scope the limit ('': none).
 * Returns { calls, scope 1..3 that has no room for more, 0: none }.
 */
export const takeCalls = `${prelude}
local before = 0
local mark = redis.call('HGET', KEYS[2], 'calls')
if mark and string.match(mark, '^%d+ (.*)$') == ARGV[2] then before = tonumber(string.match(mark, '^%d+')) end
local granted, scope = tonumber(ARGV[3]), 0
local used = {}
for s = 1, 3 do
  used[s] = number(redis.call('HGET', KEYS[s], 'tool_calls'))
  local limit = tonumber(ARGV[3 + s])
  if limit and limit - used[s] + before < granted then
    granted, scope = math.max(0, limit - used[s] + before), s
  end
end
for s = 1, 3 do
  redis.call('HSET', KEYS[s], 'tool_calls', whole(used[s] - before + granted))
  redis.call('PEXPIREAT', KEYS[s], ARGV[1])
end
redis.call('HSET', KEYS[2], 'calls', whole(granted) .. ' ' .. ARGV[2])
return { granted, scope }
`;
