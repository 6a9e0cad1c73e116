/**
 * What a live stream has after a cursor. KEYS: live. ARGV: cursor or '' for nothing but the end, keep, what the keys of
 * messages' records start with, conversation. A reply whose record is gone, or holds a later one, is left out.
 * Returns { the cursor to go on from, 1 when something in between may be gone, else 0, entries }. A cursor past everything,
 * as after a loss of data, goes on from the end: what comes would count as old.
 */
export const readLive = `
local length = redis.call('LLEN', KEYS[1])
local function cursorAt(at)
  return string.match(redis.call('LINDEX', KEYS[1], at) or '', '^((%d+)-(%d+))\\n')
end
local last = cursorAt(-1) or '0-0'
if ARGV[1] == '' then return { last, 0, {} } end
local ms, n = string.match(ARGV[1], '^(%d+)-(%d+)$')
ms, n = tonumber(ms or 0), tonumber(n or 0)
-- The first entry behind the cursor lies in [low, high].
local low, high = 0, length
while low < high do
  local middle = math.floor((low + high) / 2)
  local _, itsMs, itsN = cursorAt(middle)
  itsMs, itsN = tonumber(itsMs), tonumber(itsN)
  if itsMs > ms or (itsMs == ms and itsN > n) then high = middle else low = middle + 1 end
end
local entries = {}
for _, entry in ipairs(low < length and redis.call('LRANGE', KEYS[1], low, -1) or {}) do
  local cursor, size, id = string.match(entry, '^(%d+%-%d+\\n)m\\n(%d+) (.*)$')
  local record = id and redis.call('HGET', ARGV[3] .. id, ARGV[4])
  local reply = record and string.match(record, '^[^\\n]*\\n[^\\n]*\\n(.*)$')
  if not id then entries[#entries + 1] = entry
  elseif reply and #reply == tonumber(size) then entries[#entries + 1] = cursor .. 'r\\n' .. reply end
end
local known
if ARGV[1] == '0-0' then known = length < tonumber(ARGV[2])
else known = low > 0 and cursorAt(low - 1) == ARGV[1] end
return { (known or low < length) and ARGV[1] or last, known and 0 or 1, entries }
`;
