import { prelude } from './prelude.js';

/**
 * A command has its effect and its answer, or none of it; harmless when repeated, since it is there once.
 * KEYS: st, cm, outbox mb, due:replies. ARGV: member, command as it lies in the list, retentionMs, outbox item or '', the
 * command to keep for a worker or '', then per changed preference its name and value ('' back to the default).
 * Returns 1; 0 when the command is not there any more; -1 when another one waits for a worker already.
 */
export const obey = `${prelude}
if ARGV[5] ~= '' and redis.call('HEXISTS', KEYS[1], 'compact') == 1 then return -1 end
if redis.call('LREM', KEYS[2], 1, ARGV[2]) == 0 then return 0 end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'compact', ARGV[5]) end
if #ARGV > 5 then
  local prefs = cjson.decode(redis.call('HGET', KEYS[1], 'prefs') or '{}')
  for i = 6, #ARGV, 2 do prefs[ARGV[i]] = ARGV[i + 1] ~= '' and ARGV[i + 1] or nil end
  if next(prefs) then redis.call('HSET', KEYS[1], 'prefs', cjson.encode(prefs)) else redis.call('HDEL', KEYS[1], 'prefs') end
end
if ARGV[4] ~= '' then
  redis.call('RPUSH', KEYS[3], ARGV[4])
  redis.call('ZADD', KEYS[4], 'NX', clock() + grace, ARGV[1])
end
local s = redis.call('HMGET', KEYS[1], 'lease', 'journal')
if (s[1] or '0') == '0' and not s[2] then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
`;
