import { prelude } from './prelude.js';

/**
 * A batch of mail. KEYS: due, then per item record, list, st, person. ARGV: recordTtl, most mail, most control mail,
 * retentionMs, then per item member, digest, mail, control ('1' | '0'), person's name. A person's list of conversations is
 * brought up to date once a day.
 * Returns per item `outcome \n waiting before it \n wake ('1' | '0')`, and for a known id its record after another \n.
 */
export const ingest = `${prelude}
local now = clock()
local out = {}
local n = (#KEYS - 1) / 4
local today = math.floor(now / 86400000)
for i = 1, n do
  local record, list, st, person = KEYS[4 * i - 2], KEYS[4 * i - 1], KEYS[4 * i], KEYS[4 * i + 1]
  local a = 5 * i
  local member, digest, mail, control = ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3] == '1'
  local cap = tonumber(control and ARGV[3] or ARGV[2])
  local conversation = string.sub(member, string.find(member, '/', 1, true) + 1)
  local known = redis.call('HGET', record, conversation)
  if known then
    local same = string.sub(known, 1, (string.find(known, '\\n', 1, true) or 1) - 1) == digest
    out[i] = (same and 'duplicate' or 'conflict') .. '\\n0\\n0\\n' .. known
  else
    local waiting = redis.call('LLEN', list)
    if waiting >= cap then
      out[i] = 'full\\n' .. waiting .. '\\n0'
    else
      redis.call('HSET', record, conversation, digest .. '\\naccepted\\n')
      redis.call('PEXPIRE', record, ARGV[1])
      redis.call('RPUSH', list, mail)
      local s = redis.call('HMGET', st, 'scheduled', 'phase', 'mailWakes', 'who')
      local who = ARGV[a + 4] .. '@' .. today
      if s[4] ~= who then
        redis.call('HSET', st, 'who', who)
        redis.call('ZADD', person, now, conversation)
        redis.call('ZREMRANGEBYSCORE', person, 0, now - ARGV[4] - 172800000)
        redis.call('PEXPIRE', person, ARGV[4] + 172800000)
      end
      local wake = 0
      if s[1] ~= '1' and (s[2] ~= 'tools' or control or s[3] == '1') then
        redis.call('HSET', st, 'scheduled', '1')
        redis.call('ZADD', KEYS[1], now + grace, member)
        wake = 1
      end
      out[i] = 'accepted\\n' .. waiting .. '\\n' .. wake
    end
  end
end
return out
`;
