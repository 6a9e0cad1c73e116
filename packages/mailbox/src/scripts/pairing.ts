import { prelude } from './prelude.js';

/*
 * Of one account of a messaging app: who waits for approval, hash by person -> `asked \n told \n tellings \n code \n approved
 * ('1' | '0') \n request`, and who may write, hash by person -> `at \n by \n request`. A request that was approved stays until
 * it expires, so that an approval that is sent again finds it. All of it is harmless when repeated.
 */
const entry = `
local function parse(value)
  return string.match(value or '', '^(%d+)\\n(%d+)\\n(%d+)\\n(%S+)\\n([01])\\n(.*)$')
end
`;

/**
 * Somebody unknown has written. KEYS: accounts, waiting. ARGV: account, person, code, request, ttlMs, againMs, most.
 * Returns { code, how often they are to have been told }, or { 'full' }.
 */
export const askPairing = `${prelude}${entry}
local now, ttl = clock(), tonumber(ARGV[5])
local asked, told, tellings, code, approved, request = parse(redis.call('HGET', KEYS[2], ARGV[2]))
if asked and now - asked < ttl and approved == '0' then
  if now - told >= tonumber(ARGV[6]) then
    tellings = tellings + 1
    redis.call('HSET', KEYS[2], ARGV[2], table.concat({ asked, now, tellings, code, approved, request }, '\\n'))
  end
  return { code, tonumber(tellings) }
end
if not asked and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[7]) then
  local all = redis.call('HGETALL', KEYS[2])
  local left = #all / 2
  for i = 1, #all, 2 do
    local since = parse(all[i + 1])
    if not since or now - since >= ttl then
      redis.call('HDEL', KEYS[2], all[i])
      left = left - 1
    end
  end
  if left >= tonumber(ARGV[7]) then return { 'full' } end
end
redis.call('HSET', KEYS[2], ARGV[2], table.concat({ now, now, 1, ARGV[3], '0', ARGV[4] }, '\\n'))
redis.call('PEXPIRE', KEYS[2], ttl)
redis.call('SADD', KEYS[1], ARGV[1])
return { ARGV[3], 1 }
`;

/**
 * An operator approves a code. KEYS: waiting, people. ARGV: code, ttlMs, most people, by.
 * Returns { 'ok', person, request }, { 'none' } or { 'full' }.
 */
export const approvePairing = `${prelude}${entry}
local now = clock()
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local person = all[i]
  local asked, told, tellings, code, approved, request = parse(all[i + 1])
  if code == ARGV[1] and now - asked < tonumber(ARGV[2]) then
    if approved == '0' then
      if redis.call('HEXISTS', KEYS[2], person) == 0 and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[3]) then
        return { 'full' }
      end
      redis.call('HSET', KEYS[2], person, table.concat({ now, ARGV[4], request }, '\\n'))
      redis.call('HSET', KEYS[1], person, table.concat({ asked, told, tellings, code, '1', request }, '\\n'))
    end
    return { 'ok', person, request }
  end
end
return { 'none' }
`;
