import {
  deadBytes,
  deadMax,
  liveBytes,
  mailShown,
  mailShownToControl,
  mailShownToControlBytes,
  wakeGraceMs,
} from '../limits.js';

/*
 * What every script starts with. Redis' own clock decides, so that workers with wrong clocks agree.
 *
 * Keys of one conversation, all in one slot:
 *   st  hash  epoch, scheduled, phase (idle | tools), lease (0: nobody), tries, turn, journal, waiting, deadline, armed,
 *             mailWakes, trimmed, wrote (the last fenced write, so that one that is sent again changes nothing), prefs,
 *             summary, until (the first entry that the summary does not cover), compact (a command that waits for a
 *             worker), who (who wrote last, and the day of it), decided ('1': a person has decided on a call), grants (bindings
 *             of calls that need no approval until the conversation begins anew)
 *   mb  list  mail of people         ct  list  control mail, read first         cm  list  commands, which need no lease
 *   wt  hash  call -> 't' ticket (out), 'r' outcome (came back), 'a' approval (waits for a person) or 'd' decision
 *   tr  list  transcript
 *   live list deltas, tool activity, replies: `cursor \n kind \n event`, cursors `ms-n` ascending; of a reply that lies in
 *             a message's record only where: `cursor \n m \n length id`
 * Of one outbox: st hash (epoch, lease, tries, wrote, notBefore, sent: `parts \n reply's id` of a head that the platform has
 * in part, trouble: `away|slow since` while the head cannot be delivered, draft: an answer that grows on the platform, see
 * draft.ts, answered: the last turn whose answer a platform has), mb list of items
 * `channel \n status \n ids \n reply`.
 * Of one shard: due:messages, due:replies, results.
 * A message's record: hash by conversation -> `digest \n status \n reply`.
 */
export const prelude = `
local grace = ${wakeGraceMs}
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function publish(live, kind, event, keep, ttl, id)
  local most = math.max(10, math.min(tonumber(keep), math.floor(${liveBytes} / (#event + 1))))
  local ms, n = clock(), 0
  local wasMs, wasN = string.match(redis.call('LINDEX', live, -1) or '', '^(%d+)-(%d+)\\n')
  if wasMs and tonumber(wasMs) >= ms then ms, n = wasMs, wasN + 1 end
  local cursor = ms .. '-' .. n .. '\\n'
  local entry = cursor .. kind .. '\\n' .. event
  local kept = id and cursor .. 'm\\n' .. #event .. ' ' .. id or entry
  if redis.call('RPUSH', live, kept) > most then redis.call('LTRIM', live, -most, -1) end
  redis.call('PEXPIRE', live, ttl)
  redis.call('PUBLISH', live, entry)
end
`;

/** Puts a dead letter aside, bounded in number and, the larger the fewer, in bytes. */
export const bury = `
local function bury(dead, letter)
  redis.call('RPUSH', dead, letter)
  redis.call('LTRIM', dead, -math.max(10, math.min(${deadMax}, math.floor(${deadBytes} / #letter))), -1)
end
`;

/** Refuses a worker whose epoch is no longer the conversation's. KEYS[1] = st, ARGV[1] = epoch. */
export const fence = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'stale' } end
`;

/**
 * The same for a write that must happen once: when a connection breaks after Redis has done it, the client sends it again.
 * ARGV[2] = the write's name, different for every write of the key's life. `again` is true when it was the last one already.
 */
export const writeFence = `
local s = redis.call('HMGET', KEYS[1], 'epoch', 'wrote', 'phase', 'scheduled')
if s[1] ~= ARGV[1] then return { 'stale' } end
local again, phase, scheduled = s[2] == ARGV[2], s[3], s[4]
`;

/** The same for a worker that must still hold the lease: who has committed, suspended or given back holds none. */
export const leaseFence = `
local s = redis.call('HMGET', KEYS[1], 'epoch', 'lease', 'tries')
if s[1] ~= ARGV[1] or s[2] == '0' then return { 'stale' } end
`;

/**
 * What a worker is shown of the waiting mail. Somebody who says stop withdraws all of it, so then more is shown, within
 * bounds.
 */
export const inbox = `
local function inbox(mb, ct)
  local control = redis.call('LRANGE', ct, 0, 99)
  local mail = redis.call('LRANGE', mb, 0, ${mailShown - 1})
  if #control > 0 and #mail == ${mailShown} then
    local bytes = 0
    for _, one in ipairs(mail) do bytes = bytes + #one end
    repeat
      local page = redis.call('LRANGE', mb, #mail, #mail + 99)
      for _, one in ipairs(page) do
        mail[#mail + 1] = one
        bytes = bytes + #one
      end
    until #page < 100 or #mail >= ${mailShownToControl} or bytes > ${mailShownToControlBytes}
  end
  return control, mail
end
`;
