import { prelude } from './prelude.js';

/*
 * The draft of an answer that grows on a platform: field `draft` of the outbox' hash, JSON { turn, by, to, id?, busy? }. by: who
 * makes it grow; to: the account and chat it stands in; id: the platform's; busy: somebody changes it until then, at the latest.
 * Whatever is delivered next of this turn or a later one takes it over, so that no half answer is left standing.
 */

const keptMs = 3_600_000;

/**
 * Somebody wants to make the draft grow. KEYS: st, mb. ARGV: turn, by, for how long at most (ms), to.
 * Returns { 'ok', id or '' } | { 'wait' }: an answer is on its way, or somebody else is about to change it | { 'over' }: another
 * one makes it grow, it has its answer, or a later turn has begun.
 */
export const beginDraft = `${prelude}
if redis.call('LLEN', KEYS[2]) > 0 then return { 'wait' } end
local now = clock()
local draft = { turn = tonumber(ARGV[1]), by = ARGV[2], to = ARGV[4], busy = now + tonumber(ARGV[3]) }
local s = redis.call('HMGET', KEYS[1], 'draft', 'answered')
if draft.turn <= (tonumber(s[2]) or 0) then return { 'over' } end
local known = s[1]
if known then
  local was = cjson.decode(known)
  if was.turn > draft.turn or was.turn == draft.turn and was.by ~= draft.by then return { 'over' } end
  if was.by ~= draft.by and (was.busy or 0) > now then return { 'wait' } end
  -- What a turn without an answer left behind goes on as this one.
  if was.to == draft.to then draft.id = was.id end
end
redis.call('HSET', KEYS[1], 'draft', cjson.encode(draft))
redis.call('PEXPIRE', KEYS[1], ${keptMs})
return { 'ok', draft.id or '' }
`;

/**
 * The platform has it, under this id. KEYS: st. ARGV: turn, by, id or '' when nothing came of it.
 * Returns { 'ok' } | { 'gone' }: it was taken over, or given up, without waiting for us.
 */
export const endDraft = `${prelude}
local known = redis.call('HGET', KEYS[1], 'draft')
if not known then return { 'gone' } end
local draft = cjson.decode(known)
if draft.turn ~= tonumber(ARGV[1]) or draft.by ~= ARGV[2] then return { 'gone' } end
draft.busy = nil
if ARGV[3] ~= '' then draft.id = ARGV[3] end
if draft.id then redis.call('HSET', KEYS[1], 'draft', cjson.encode(draft)) else redis.call('HDEL', KEYS[1], 'draft') end
return { 'ok' }
`;

/** What there is to take over for an answer of this turn. KEYS: st. ARGV: turn. Returns { id or '', to or '', ms until nobody changes it }. */
export const readDraft = `${prelude}
local known = redis.call('HGET', KEYS[1], 'draft')
local draft = known and cjson.decode(known)
if not draft or draft.turn > tonumber(ARGV[1]) then return { '', '', 0 } end
return { draft.id or '', draft.to, math.max(0, (draft.busy or 0) - clock()) }
`;
