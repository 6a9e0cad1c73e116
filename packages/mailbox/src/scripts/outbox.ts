import { bury, prelude, writeFence } from './prelude.js';

/** Takes an outbox item apart: channel, status, ids, reply. */
const item = `
local function parse(item)
  local a = string.find(item, '\\n', 1, true)
  local b = string.find(item, '\\n', a + 1, true)
  local c = string.find(item, '\\n', b + 1, true)
  return string.sub(item, 1, a - 1), string.sub(item, a + 1, b - 1), string.sub(item, b + 1, c - 1), string.sub(item, c + 1)
end
local function record(tag, tenant, conversation, status, ids, reply, ttl)
  for id in string.gmatch(ids, '[^ ]+') do
    local key = tag .. ':t:' .. tenant .. ':m:' .. id
    local known = redis.call('HGET', key, conversation)
    local digest = known and string.sub(known, 1, (string.find(known, '\\n', 1, true) or 1) - 1) or ''
    redis.call('HSET', key, conversation, digest .. '\\n' .. status .. '\\n' .. reply)
    if not known then redis.call('PEXPIRE', key, ttl) end
  end
end
`;

/** Refuses who does not hold the outbox, or no longer. KEYS[1] = st, ARGV[1] = epoch. */
const holds = `
local s = redis.call('HMGET', KEYS[1], 'epoch', 'lease', 'tries', 'wrote')
local postponed = s[4] == 'later ' .. ARGV[1]
if s[1] ~= ARGV[1] or not postponed and (s[2] or '0') == '0' then return { 'stale' } end
`;

/**
 * Delivers to channels for which delivered means written to the record and the live stream: in order, atomically, hence
 * without a lease. KEYS: due, then per outbox st, mb, live. ARGV: tag, recordTtl, liveKeep, liveTtl, channels (' a b '),
 * then per outbox tenant, conversation. Returns per outbox { delivered, channel of the head that is left or '' }.
 */
export const deliver = `${prelude}${item}
local now = clock()
local out = {}
local n = (#KEYS - 1) / 3
for i = 1, n do
  local st, mb, live = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
  local tenant, conversation = ARGV[4 + 2 * i], ARGV[5 + 2 * i]
  local member = tenant .. '/' .. conversation
  local delivered, left = 0, ''
  local lease = tonumber(redis.call('HGET', st, 'lease') or '0')
  while lease <= now do
    local head = redis.call('LINDEX', mb, 0)
    if not head then break end
    local channel, status, ids, reply = parse(head)
    if not string.find(ARGV[5], ' ' .. channel .. ' ', 1, true) then
      left = channel
      break
    end
    record(ARGV[1], tenant, conversation, status, ids, reply, ARGV[2])
    publish(live, 'r', reply, ARGV[3], ARGV[4], string.match(ids, '[^ ]+'))
    redis.call('LPOP', mb)
    delivered = delivered + 1
  end
  -- Whoever held the head and lost it must not take away the next one.
  if delivered > 0 and lease > 0 then
    redis.call('HINCRBY', st, 'epoch', 1)
    redis.call('HSET', st, 'lease', '0', 'tries', '0')
    redis.call('HDEL', st, 'sent', 'trouble')
  end
  if lease > now then redis.call('ZADD', KEYS[1], lease, member)
  elseif left ~= '' then redis.call('ZADD', KEYS[1], now, member)
  else redis.call('ZREM', KEYS[1], member) end
  out[i] = { delivered, left }
end
return out
`;

/**
 * Claims the head of one outbox for a platform. KEYS: st, mb, due. ARGV: member, leaseMs.
 * Returns { 'busy' } | { 'empty' } | { 'later', at } | { 'claimed', epoch, tries, reply, items, sent or '', trouble or '', 1 when a draft stands }, trouble: `away|slow ms`.
 */
export const claimDelivery = `${prelude}${item}
local now = clock()
local s = redis.call('HMGET', KEYS[1], 'lease', 'notBefore', 'sent', 'trouble')
if s[1] and tonumber(s[1]) > now then
  redis.call('ZADD', KEYS[3], s[1], ARGV[1])
  return { 'busy' }
end
local head = redis.call('LINDEX', KEYS[2], 0)
if not head then
  redis.call('ZREM', KEYS[3], ARGV[1])
  return { 'empty' }
end
if s[2] and tonumber(s[2]) > now then
  redis.call('ZADD', KEYS[3], s[2], ARGV[1])
  return { 'later', s[2] }
end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
local tries = redis.call('HINCRBY', KEYS[1], 'tries', 1)
local lease = now + ARGV[2]
redis.call('HSET', KEYS[1], 'lease', lease)
redis.call('PERSIST', KEYS[1])
redis.call('ZADD', KEYS[3], lease, ARGV[1])
local _, _, _, reply = parse(head)
local why, since = string.match(s[4] or '', '^(%a+) (%d+)$')
local trouble = why and (why .. ' ' .. (now - since)) or ''
return { 'claimed', epoch, tries, reply, redis.call('LLEN', KEYS[2]), s[3] or '', trouble, redis.call('HEXISTS', KEYS[1], 'draft') }
`;

/**
 * The platform has some parts of the head; whoever claims it next goes on after them. Keeps the lease for the next part. Fenced,
 * and harmless when repeated. KEYS: st, due. ARGV: epoch, member, leaseMs,
 * `parts \n reply's id`.
 */
export const recordDelivery = `${prelude}${holds}
if postponed then return { 'stale' } end
local lease = clock() + ARGV[3]
redis.call('HSET', KEYS[1], 'sent', ARGV[4], 'lease', lease, 'tries', '1')
redis.call('HDEL', KEYS[1], 'trouble')
redis.call('ZADD', KEYS[2], lease, ARGV[2])
return { 'ok' }
`;

/**
 * Who delivers still does. Fenced, and harmless when repeated. KEYS: st, due. ARGV: epoch, member, leaseMs.
 */
export const renewDelivery = `${prelude}${holds}
if postponed then return { 'stale' } end
local lease = clock() + ARGV[3]
redis.call('HSET', KEYS[1], 'lease', lease)
redis.call('ZADD', KEYS[2], lease, ARGV[2])
return { 'ok' }
`;

/**
 * The platform took the head, or it never will. KEYS: st, mb, due, live, dead. ARGV: epoch, write, member,
 * tag, tenant, conversation, recordTtl, liveKeep, liveTtl, status or '' to keep the reply's, dead letter or '', the reply's turn.
 * Returns { 'ok', left }.
 */
export const commitDelivery = `${prelude}${bury}${item}${writeFence}
if again then return { 'ok', redis.call('LLEN', KEYS[2]) } end
local head = redis.call('LPOP', KEYS[2])
if head then
  local _, status, ids, reply = parse(head)
  record(ARGV[4], ARGV[5], ARGV[6], ARGV[10] ~= '' and ARGV[10] or status, ids, reply, ARGV[7])
  publish(KEYS[4], 'r', reply, ARGV[8], ARGV[9], string.match(ids, '[^ ]+'))
end
if ARGV[11] ~= '' then
  bury(KEYS[5], ARGV[11])
end
-- A draft of a later turn grows already.
local known = redis.call('HMGET', KEYS[1], 'draft', 'answered')
local draft, answered = known[1], tonumber(ARGV[12])
local turn = draft and tonumber(string.match(draft, '"turn":(%d+)'))
if draft and (not turn or turn <= answered) then redis.call('HDEL', KEYS[1], 'draft') end
-- Who has not heard of it yet begins no other one.
if answered > (tonumber(known[2]) or 0) then redis.call('HSET', KEYS[1], 'answered', answered) end
local left = redis.call('LLEN', KEYS[2])
if left > 0 then
  redis.call('HSET', KEYS[1], 'lease', '0', 'tries', '0', 'wrote', ARGV[2])
  redis.call('HDEL', KEYS[1], 'notBefore', 'sent', 'trouble')
  redis.call('ZADD', KEYS[3], clock() + grace, ARGV[3])
else
  redis.call('HSET', KEYS[1], 'wrote', ARGV[2])
  redis.call('HDEL', KEYS[1], 'lease', 'tries', 'notBefore', 'scheduled', 'sent', 'trouble')
  redis.call('PEXPIRE', KEYS[1], 3600000)
  redis.call('ZREM', KEYS[3], ARGV[3])
end
return { 'ok', left }
`;

/**
 * The head is for later. KEYS: st, due. ARGV: epoch, member, ms, why ('failed' | 'away' | 'slow' | 'stopped'). Fenced, and
 * nothing more happens when it is sent twice.
 */
export const postponeDelivery = `${prelude}${holds}
if postponed then return { 'ok' } end
local now = clock()
local at = now + ARGV[3]
redis.call('HSET', KEYS[1], 'lease', '0', 'notBefore', at, 'wrote', 'later ' .. ARGV[1])
redis.call('ZADD', KEYS[2], at, ARGV[2])
if ARGV[4] ~= 'failed' and (tonumber(s[3]) or 0) > 0 then redis.call('HINCRBY', KEYS[1], 'tries', -1) end
if ARGV[4] ~= 'stopped' then
  local why = ARGV[4] == 'slow' and 'slow' or 'away'
  local known = redis.call('HGET', KEYS[1], 'trouble')
  if not known or string.sub(known, 1, #why) ~= why then redis.call('HSET', KEYS[1], 'trouble', why .. ' ' .. now) end
end
return { 'ok' }
`;
