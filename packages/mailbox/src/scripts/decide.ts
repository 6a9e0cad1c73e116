import { grantsMax } from '@queueclaw/contracts';
import { prelude } from './prelude.js';

/**
 * A person decides on a call that waits for them, and is answered, or none of it; of several decisions the first counts.
 * KEYS: st, cm, outbox mb, due:replies, wt, due:messages, live. ARGV: member, command as it lies in the list, answer, answer
 * when nobody waits for it any more, call, what \`wt\` holds while it waits, decision, binding to remember or '', live event,
 * liveKeep, liveTtl.
 * Returns 1 when it counts; 0 when the command is not there any more; -1 when it came too late.
 */
export const decide = `${prelude}
if redis.call('LREM', KEYS[2], 1, ARGV[2]) == 0 then return 0 end
local waits = redis.call('HGET', KEYS[1], 'phase') == 'tools' and redis.call('HGET', KEYS[5], ARGV[5]) == ARGV[6]
redis.call('RPUSH', KEYS[3], waits and ARGV[3] or ARGV[4])
redis.call('ZADD', KEYS[4], 'NX', clock() + grace, ARGV[1])
if not waits then return -1 end
redis.call('HSET', KEYS[5], ARGV[5], 'd' .. ARGV[7])
if ARGV[8] ~= '' then
  local grants = {}
  for grant in string.gmatch(redis.call('HGET', KEYS[1], 'grants') or '', '%S+') do
    if grant ~= ARGV[8] then grants[#grants + 1] = grant end
  end
  grants[#grants + 1] = ARGV[8]
  redis.call('HSET', KEYS[1], 'grants', table.concat(grants, ' ', math.max(1, #grants - ${grantsMax - 1})))
end
redis.call('HINCRBY', KEYS[1], 'waiting', -1)
redis.call('HSET', KEYS[1], 'decided', '1', 'scheduled', '1')
redis.call('ZADD', KEYS[6], clock() + grace, ARGV[1])
publish(KEYS[7], 'e', ARGV[9], ARGV[10], ARGV[11])
return 1
`;
