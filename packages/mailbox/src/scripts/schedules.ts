/** A schedule and all that counts it; nothing when it is not there. */
export const scheduleDropping = `
local function dropSchedule(schedules, scheduled, schedulers, id, member)
  redis.call('HDEL', schedules, id, id .. ':paused', id .. ':last')
  local person = redis.call('HGET', scheduled, member)
  if not person then return 0 end
  redis.call('HDEL', scheduled, member)
  if redis.call('HINCRBY', schedulers, person, -1) <= 0 then redis.call('HDEL', schedulers, person) end
  return 1
end
`;

/**
 * Keeps a schedule, within bounds; one that is there already stays as it is, so that a repeat is harmless.
 * KEYS: schedules, scheduled, schedulers. ARGV: id, schedule, member, person, most of a person, most of a tenant.
 * Returns 'added' | 'there' | 'full'.
 */
export const addSchedule = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'there' end
if tonumber(redis.call('HGET', KEYS[3], ARGV[4]) or '0') >= tonumber(ARGV[5]) then return 'full' end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[6]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('HINCRBY', KEYS[3], ARGV[4], 1)
return 'added'
`;

/**
 * Notes something of a schedule that is there, or takes the note back; harmless when repeated.
 * KEYS: schedules. ARGV: id, 'paused' | 'last', value or ''. Returns 1 when it is there.
 */
export const markSchedule = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
local field = ARGV[1] .. ':' .. ARGV[2]
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], field) else redis.call('HSET', KEYS[1], field, ARGV[3]) end
return 1
`;

/** KEYS: schedules, scheduled, schedulers. ARGV: id, member. Harmless when repeated. Returns 1 when it was there. */
export const dropSchedule = `${scheduleDropping}
return dropSchedule(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
`;
