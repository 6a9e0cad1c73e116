import { scheduleDropping } from './schedules.js';

/**
 * Everything of a conversation goes, but its epoch, so that a step that still runs changes nothing, and a turn's number, so that
 * nobody takes the history it remembers for this one's. The outbox keeps its epoch too: who still sends what lay there must
 * not take away what comes after.
 * Whoever keeps something of a conversation outside of Redis, its workspace, reads of it in the stream `forgotten`: `a`, the actor,
 * and `t`, the last turn of what was forgotten.
 * KEYS: st, mb, ct, wt, tr, live, outbox st, outbox mb, due:messages, due:replies, conversations, cm, forgotten, pace, schedules,
 * scheduled, schedulers, memories. ARGV: member, conversation, entries kept of the stream. Returns 1 when there was something; else nothing is written.
 */
export const forget = `${scheduleDropping}
local there = redis.call('EXISTS', KEYS[2], KEYS[3], KEYS[5], KEYS[12], KEYS[15], KEYS[18])
for _, field in ipairs(redis.call('HMGET', KEYS[1], 'journal', 'prefs', 'compact')) do
  if field then there = there + 1 end
end
if there == 0 and not redis.call('ZSCORE', KEYS[11], ARGV[2]) then
  return 0
end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
local turn = redis.call('HGET', KEYS[1], 'turn') or '0'
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[8], KEYS[12], KEYS[14], KEYS[18])
for _, id in ipairs(redis.call('HKEYS', KEYS[15])) do
  dropSchedule(KEYS[15], KEYS[16], KEYS[17], id, ARGV[2] .. '/' .. id)
end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'turn', turn + 1)
redis.call('PEXPIRE', KEYS[1], 86400000)
local sender = redis.call('HGET', KEYS[7], 'epoch')
redis.call('DEL', KEYS[7])
if sender then
  redis.call('HSET', KEYS[7], 'epoch', sender + 1)
  redis.call('PEXPIRE', KEYS[7], 86400000)
end
redis.call('ZREM', KEYS[9], ARGV[1])
redis.call('ZREM', KEYS[10], ARGV[1])
redis.call('ZREM', KEYS[11], ARGV[2])
redis.call('XADD', KEYS[13], 'MAXLEN', '~', ARGV[3], '*', 'a', ARGV[1], 't', turn + 1)
return 1
`;
