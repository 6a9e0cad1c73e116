import { prelude } from './prelude.js';

/*
 * What the fleet knows of one account of a platform, all under a hash tag of the account's own. KEYS of every script: gate,
 * sends, chat, wait, failed, slowed.
 *   gate    hash    until (the platform is away until then), trips, probe, probeUntil; hold (the account has to wait until
 *                   then); late (when the last of those who were sent away may come back)
 *   sends   list    when the account sent, newest first; as many as its rates look at (of changes of what was sent: edits)
 *   chat    list    the same for one chat             wait    string  there while that chat has to wait
 *   failed  set     chats that failed since something went well, within 30 s
 *   slowed  set     chats that had to wait, within 10 s
 * Nothing here is fenced: sends are counted, not owned. Sent twice, a script counts one send too many, never one too few.
 */

const failedMs = 30_000;
/** So many conversations that fail in a row are no longer the conversations' trouble. */
const failedMost = 5;
const slowedMs = 10_000;
/** So many chats that are slowed at once mean the account. */
const slowedMost = 3;
const awayMs = 5_000;
const awayMsMax = 120_000;
const lateMsMax = 900_000;
const keptMs = 1_800_000;

/**
 * Asks for one send. ARGV: me, how long the caller can wait (ms), 1 when it has waited before (2: it takes
 * only what others leave: now or not at all, and no more than half of what there is), how long it may take (ms), then
 * how many rates the account has, and per rate most, ms; the same for the chat.
 * Returns { 'ok', ms to wait first, marked, tries } | { 'again', ms } (wait, and ask again) | { 'slow', ms } | { 'down', ms }.
 * marked: somebody failed; tries: it is the one send that tries a platform that was away.
 */
export const maySend = `${prelude}
local now, me, patience, before, takes = clock(), ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', tonumber(ARGV[4])
local spare = ARGV[3] == '2'
local gate, sends, chat = KEYS[1], KEYS[2], KEYS[3]
local s = redis.call('HMGET', gate, 'until', 'probe', 'probeUntil', 'hold', 'late')
local away, late, tries = tonumber(s[1]), tonumber(s[5]) or 0, 0
if away then
  if spare then return { 'down', math.max(1, away - now) } end
  if now < away then return { 'down', away - now } end
  if s[2] and s[2] ~= me and now < tonumber(s[3]) then return { 'down', math.min(tonumber(s[3]) - now, ${awayMs}) } end
  tries = 1
end
local wait = redis.call('PTTL', KEYS[4])
if wait > 0 then return { 'slow', wait } end
local at = 5
local function rates(list)
  local free, most, ms, every = now, 0, 0, 0
  local n = tonumber(ARGV[at])
  for i = 1, n do
    local many, span = tonumber(ARGV[at + 2 * i - 1]), tonumber(ARGV[at + 2 * i])
    local sent = redis.call('LINDEX', list, (spare and math.max(1, math.floor(many / 2)) or many) - 1)
    if sent then free = math.max(free, tonumber(sent) + span) end
    most, ms, every = math.max(most, many), math.max(ms, span), math.max(every, span / many)
  end
  at = at + 2 * n + 1
  return free, most, ms, every
end
local free, most, ms, every = rates(sends)
free = math.max(free, tonumber(s[4]) or 0)
local chatFree, chatMost, chatMs = rates(chat)
local soonest = math.max(free, chatFree, late)
if spare and soonest > now then return { 'slow', math.ceil(soonest - now) } end
if chatFree > now then return { chatFree - now <= patience and 'again' or 'slow', chatFree - now } end
-- Who comes new goes behind those who were sent away.
if free - now > patience or (late - now > patience and not before) then
  late = math.min(math.max(late, free) + every, now + ${lateMsMax})
  redis.call('HSET', gate, 'late', math.ceil(late))
  redis.call('PEXPIRE', gate, ${keptMs})
  return { 'slow', math.ceil(late - now) }
end
local function note(list, many, span)
  if many == 0 then return end
  redis.call('LPUSH', list, free)
  redis.call('LTRIM', list, 0, many - 1)
  redis.call('PEXPIRE', list, span + patience)
end
note(sends, most, ms)
note(chat, chatMost, chatMs)
if tries == 1 then redis.call('HSET', gate, 'probe', me, 'probeUntil', now + takes) end
return { 'ok', free - now, redis.call('EXISTS', KEYS[5]), tries }
`;

/**
 * What became of a send. ARGV: me, how ('answered' | 'failed' | 'slow' | 'unknown'), chat, ms that the platform asked for, who
 * waits ('account' | 'chat' | '': it did not say).
 */
export const toldBySend = `${prelude}
local now, me, how, chat, ms = clock(), ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local gate, failed, slowed = KEYS[1], KEYS[5], KEYS[6]
local s = redis.call('HMGET', gate, 'until', 'probe', 'trips', 'hold')
local mine = s[2] == me
if how == 'slow' then
  redis.call('SET', KEYS[4], '1', 'PX', ms)
  local all = ARGV[5] == 'account'
  if ARGV[5] == '' then
    redis.call('SADD', slowed, chat)
    redis.call('PEXPIRE', slowed, ${slowedMs})
    all = redis.call('SCARD', slowed) >= ${slowedMost}
  end
  if all then
    redis.call('HSET', gate, 'hold', math.max(tonumber(s[4]) or 0, now + ms))
    redis.call('PEXPIRE', gate, ms + ${keptMs})
  end
end
if how == 'answered' or how == 'slow' then
  if mine or not s[1] then
    redis.call('DEL', failed)
    redis.call('HDEL', gate, 'until', 'probe', 'probeUntil', 'trips')
  end
  return 'ok'
end
if mine then redis.call('HDEL', gate, 'probe', 'probeUntil') end
if how ~= 'failed' then return 'ok' end
redis.call('SADD', failed, chat)
redis.call('PEXPIRE', failed, ${failedMs})
if mine or (not s[1] and redis.call('SCARD', failed) >= ${failedMost}) then
  local trips = (tonumber(s[3]) or 0) + 1
  redis.call('HSET', gate, 'trips', trips, 'until', now + math.min(${awayMs} * 2 ^ math.min(trips - 1, 10), ${awayMsMax}))
  redis.call('PEXPIRE', gate, ${keptMs})
end
return 'ok'
`;
