import { createHash } from 'node:crypto';
import { closedMs, closedMsMax, failuresMax, failureWindowMs, slotMs, slots } from './gate.js';

export type Script = { readonly lua: string; readonly sha: string };

const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });

/**
 * One model's state, all under its own hash tag. KEYS of every script: breaker, window, calls. ARGV[1]: the time in
 * milliseconds, 0 for Redis' own; ARGV[2]: the request.
 *   breaker  hash  until (closed until then), code, trips, failures, since (the first failure), probe, probeUntil
 *   window   hash  r<slot>, t<slot>: requests and tokens of a second; 61 of them cover any 60 seconds
 *   calls    sorted set by the end of their lease: requests under way
 * Nothing here is fenced: requests are counted, not owned. A script that is sent twice is harmless, and its comment says why.
 */
const prelude = `
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local breaker, window, calls, me = KEYS[1], KEYS[2], KEYS[3], ARGV[2]
local function keepBreaker(ms) redis.call('PEXPIRE', breaker, math.max(ms, 0) + ${failureWindowMs + 10 * closedMsMax}) end
`;

/**
 * Asks for one request. ARGV: now, me, requests a minute, tokens a minute, at the same time (each 0: no limit), tokens,
 * lease in milliseconds. Answers { 'ok', slot, tries, marked } | { 'trouble', ms, code } | { 'rate', ms }; ms -1: nobody
 * knows; tries: it is the one request that tries; marked: there were failures. Sent twice it counts one request too many, never one too few.
 */
export const enter: Script = script(`${prelude}
local rpm, tpm, places = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local tokens, lease = tonumber(ARGV[6]), tonumber(ARGV[7])
local state = redis.call('HMGET', breaker, 'until', 'probe', 'probeUntil', 'code', 'failures')
local closed = tonumber(state[1])
local tries = false
if closed then
  if now < closed then return { 'trouble', closed - now, state[4] } end
  if state[2] and state[2] ~= me and now < tonumber(state[3]) then return { 'trouble', -1, state[4] } end
  tries = true
end
if places > 0 then
  redis.call('ZREMRANGEBYSCORE', calls, '-inf', now)
  if not redis.call('ZSCORE', calls, me) and redis.call('ZCARD', calls) >= places then return { 'rate', -1 } end
end
local slot = math.floor(now / ${slotMs})
if rpm > 0 or tpm > 0 then
  local all = redis.call('HGETALL', window)
  local old, requests, spent = {}, {}, {}
  for i = 1, #all, 2 do
    local at = tonumber(string.sub(all[i], 2))
    if at <= slot - ${slots} then table.insert(old, all[i])
    elseif string.sub(all[i], 1, 1) == 'r' then table.insert(requests, { at, tonumber(all[i + 1]) })
    else table.insert(spent, { at, tonumber(all[i + 1]) }) end
  end
  if #old > 0 then redis.call('HDEL', window, unpack(old)) end
  local function untilRoom(kept, wanted, most)
    if most == 0 then return 0 end
    local sum, ms = 0, 0
    for _, one in ipairs(kept) do sum = sum + one[2] end
    table.sort(kept, function(a, b) return a[1] < b[1] end)
    for _, one in ipairs(kept) do
      if sum <= 0 or sum + wanted <= most then break end
      sum = sum - one[2]
      ms = (one[1] + ${slots}) * ${slotMs} - now
    end
    return ms
  end
  local ms = math.max(untilRoom(requests, 1, rpm), untilRoom(spent, tokens, tpm))
  if ms > 0 then return { 'rate', ms } end
  redis.call('HINCRBY', window, 'r' .. slot, 1)
  if tpm > 0 then redis.call('HINCRBY', window, 't' .. slot, tokens) end
  redis.call('PEXPIRE', window, ${(slots + 1) * slotMs})
end
if rpm > 0 or tpm > 0 or places > 0 then
  redis.call('ZADD', calls, now + lease, me)
  redis.call('PEXPIRE', calls, lease)
end
if tries then redis.call('HSET', breaker, 'probe', me, 'probeUntil', now + lease) end
return { 'ok', slot, tries and 1 or 0, state[5] and 1 or 0 }
`);

/** A request is still under way. ARGV: now, me, lease. Only moves times. */
export const hold: Script = script(`${prelude}
local lease = tonumber(ARGV[3])
if redis.call('ZADD', calls, 'XX', 'CH', now + lease, me) == 1 then redis.call('PEXPIRE', calls, lease) end
if redis.call('HGET', breaker, 'probe') == me then redis.call('HSET', breaker, 'probeUntil', now + lease) end
return 'ok'
`);

/**
 * What a request showed. ARGV: now, me, how ('answering' | 'answered' | 'failed' | 'unknown'), code, milliseconds that the
 * vendor wants to be left alone (-1: it does not say), slot, by how much the tokens differ from what was asked for.
 * Tokens are put right once, while \`calls\` knows the request; a failure that is told twice counts twice.
 */
export const tell: Script = script(`${prelude}
local how, code, asked, slot, differ = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
if how ~= 'answering' and redis.call('ZREM', calls, me) == 1 and redis.call('HEXISTS', window, 't' .. slot) == 1 then
  redis.call('HINCRBY', window, 't' .. slot, differ)
end
local state = redis.call('HMGET', breaker, 'until', 'probe', 'since', 'failures', 'trips')
local closed, mine = tonumber(state[1]), state[2] == me
if how == 'answering' or how == 'answered' then
  if mine or not closed then redis.call('DEL', breaker) end
  return 'ok'
end
if mine then redis.call('HDEL', breaker, 'probe', 'probeUntil') end
if how ~= 'failed' then return 'ok' end
local since, failures, trips = tonumber(state[3]) or 0, tonumber(state[4]) or 0, tonumber(state[5]) or 0
if now - since > ${failureWindowMs} then since, failures = now, 0 end
failures = failures + 1
local ms = -1
if asked >= 0 then ms = asked
elseif mine or (not closed and failures >= ${failuresMax}) then
  trips = trips + 1
  ms = math.min(${closedMs} * 2 ^ math.min(trips - 1, 10), ${closedMsMax})
end
redis.call('HSET', breaker, 'since', since, 'failures', failures, 'trips', trips)
if ms >= 0 then redis.call('HSET', breaker, 'until', math.max(closed or 0, now + ms), 'code', code) end
keepBreaker(math.max((closed or 0) - now, ms))
return 'ok'
`);
