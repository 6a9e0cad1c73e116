import { wakeGraceMs } from '../limits.js';

/*
 * What every script starts with. Redis' own clock decides, so that workers with wrong clocks agree.
 *
 * Keys of one conversation, all in one slot:
 *   st  hash  epoch, scheduled, phase (idle | tools), lease, tries, turn, journal, waiting, deadline, armed, trimmed
 *   mb  list  mail of people         ct  list  control mail, read first
 *   wt  hash  call -> 't' ticket (out) or 'r' outcome (came back)
 *   tr  list  transcript             live stream  deltas, tool activity, replies
 * Of one outbox: st hash, mb list of items `channel \n status \n ids \n reply`.
 * Of one shard: due:messages, due:replies, results.
 * A message's record: hash by conversation -> `digest \n status \n reply`.
 */
export const prelude = `
local grace = ${wakeGraceMs}
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function publish(live, kind, event, keep, ttl)
  local cursor = redis.call('XADD', live, 'MAXLEN', '~', keep, '*', kind, event)
  redis.call('PEXPIRE', live, ttl)
  redis.call('PUBLISH', live, cursor .. '\\n' .. kind .. '\\n' .. event)
end
`;

/** Refuses a worker whose epoch is no longer the conversation's. KEYS[1] = st, ARGV[1] = epoch. */
export const fence = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'stale' } end
`;
