/*
 * Keys of a tenant's budgets, all in one slot. Of one day and one person, conversation or tenant, a hash:
 *   tokens, money, tool_calls, turns   used up, what is reserved included
 *   held_tokens, held_money            reserved thereof, to judge whether waiting makes sense
 *   held_until                         when all that is held must have ended
 * A conversation's has also:
 *   turn, calls, waits                 the last turn that was counted; the last step's calls and their number; since when a
 *                                      turn waits for what others hold
 * And per reservation a string `tokens money out`, `settled` for a minute afterwards.
 *
 * A reservation that nobody settles needs no sweeper: it stays counted in full.
 */
export const prelude = `
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function whole(n) return string.format('%.0f', n) end
local function number(value) return tonumber(value or '0') or 0 end
`;
