import { prelude } from './prelude.js';

/**
 * A batch of mail. KEYS: due, then per item record, list, st. ARGV: recordTtl, then per item member, conversation,
 * digest, mail, cap, control ('1' | '0').
 * Returns per item { outcome, waiting before it, wake (1 | 0), record }.
 */
export const ingest = `${prelude}
local now = clock()
local out = {}
local n = (#KEYS - 1) / 3
for i = 1, n do
  local record, list, st = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
  local a = 1 + (i - 1) * 6
  local member, conversation, digest, mail, cap = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], tonumber(ARGV[a + 5])
  local control = ARGV[a + 6] == '1'
  local known = redis.call('HGET', record, conversation)
  if known then
    local same = string.sub(known, 1, (string.find(known, '\\n', 1, true) or 1) - 1) == digest
    out[i] = { same and 'duplicate' or 'conflict', 0, 0, known }
  else
    local waiting = redis.call('LLEN', list)
    if waiting >= cap then
      out[i] = { 'full', waiting, 0, '' }
    else
      redis.call('HSET', record, conversation, digest .. '\\naccepted\\n')
      redis.call('PEXPIRE', record, ARGV[1])
      redis.call('RPUSH', list, mail)
      local s = redis.call('HMGET', st, 'scheduled', 'phase', 'mailWakes')
      local wake = 0
      if s[1] ~= '1' and (s[2] ~= 'tools' or control or s[3] == '1') then
        redis.call('HSET', st, 'scheduled', '1')
        redis.call('ZADD', KEYS[1], now + grace, member)
        wake = 1
      end
      out[i] = { 'accepted', waiting, wake, '' }
    end
  end
end
return out
`;
