import { type ActorAddress, actorMember, keys, Reply } from '@queueclaw/contracts';
import { readLive } from '../live.js';
import type { Shard } from '../shards.js';
import type { ActorModel } from './actor-model.js';

const idIn = (sealed: string): unknown => (JSON.parse(sealed.slice(sealed.indexOf('.') + 1)) as { id: unknown }).id;
const idOfItem = (item: string): unknown => (JSON.parse(item.split('\n').slice(3).join('\n')) as { id: unknown }).id;

/** What Redis holds of a conversation, in the terms of the model. */
export async function look(shard: Shard, a: ActorAddress): Promise<Record<string, unknown>> {
  const { tag, redis } = shard;
  const member = actorMember(a);
  const [mb, ct, cm, st, wt, tr, out, outSt, due, outDue] = await Promise.all([
    ...[redis.lrange(keys.mailbox(tag, 'messages', a), 0, -1), redis.lrange(keys.control(tag, a), 0, -1)],
    redis.lrange(keys.commands(tag, a), 0, -1),
    ...[redis.hgetall(keys.state(tag, 'messages', a)), redis.hgetall(keys.waiting(tag, a))],
    ...[redis.lrange(keys.transcript(tag, a), 0, -1), redis.lrange(keys.mailbox(tag, 'replies', a), 0, -1)],
    ...[redis.hgetall(keys.state(tag, 'replies', a))],
    ...[redis.zscore(keys.due(tag, 'messages'), member), redis.zscore(keys.due(tag, 'replies'), member)],
  ] as const);
  const journal =
    st['journal'] === undefined ? undefined : (JSON.parse(st['journal']) as { answers: { id: string }[] });
  return {
    mb: mb.map(idIn),
    ct: ct.map(idIn),
    cm: cm.map(idIn),
    compact: st['compact'] === undefined ? undefined : (JSON.parse(st['compact']) as { id: string }).id,
    prefs: JSON.parse(st['prefs'] ?? '{}') as unknown,
    summary: st['summary'] === undefined ? undefined : (JSON.parse(st['summary']) as { text: string }).text,
    until: Number(st['until'] ?? 0),
    trimmed: Number(st['trimmed'] ?? 0),
    epoch: Number(st['epoch'] ?? 0),
    tries: Number(st['tries'] ?? 0),
    turn: Number(st['turn'] ?? 0),
    scheduled: st['scheduled'] === '1',
    held: Number(st['lease'] ?? 0) > 0,
    journal: journal?.answers.map(({ id }) => id),
    tools: st['phase'] === 'tools' ? { armed: st['armed'] === '1' } : undefined,
    waiting: Number(st['waiting'] ?? 0),
    wt: Object.fromEntries(Object.entries(wt).map(([call, v]) => [call, v.startsWith('r') ? 'back' : v.slice(1)])),
    transcript: tr.map((line) => (JSON.parse(line) as { id: string }).id),
    outbox: out.map(idOfItem),
    outEpoch: Number(outSt['epoch'] ?? 0),
    outTries: Number(outSt['tries'] ?? 0),
    outHeld: Number(outSt['lease'] ?? 0) > 0,
    due: due !== null && (Number(due) - Date.now() < 20_000 ? 'soon' : 'later'),
    outDue: outDue !== null,
  };
}

/** The same of the model. */
export function expected(model: ActorModel): Record<string, unknown> {
  return {
    ...{ mb: model.mb, ct: model.ct, cm: model.cm, compact: model.compact, prefs: model.prefs },
    ...{ summary: model.summary?.text, until: model.summary?.until ?? 0, trimmed: model.trimmed },
    ...{ epoch: model.epoch, tries: model.tries, turn: model.turn },
    scheduled: model.scheduled,
    held: model.held !== 'nobody',
    journal: model.journal?.holds,
    tools: model.tools && { armed: model.tools.armed },
    waiting: model.waiting,
    wt: Object.fromEntries(model.wt),
    transcript: model.transcript,
    outbox: model.outbox.map(({ id }) => id),
    ...{ outEpoch: model.outEpoch, outTries: model.outTries, outHeld: model.outHeld !== 'nobody' },
    ...{ due: model.due, outDue: model.outDue },
  };
}

/** Ids that delivered replies name, in the order of delivery. */
export async function delivered(shard: Shard, a: ActorAddress): Promise<string[]> {
  const { entries } = await readLive(shard, a, '0-0');
  return entries.flatMap((entry) => {
    const [, kind, json = ''] = entry.split('\n');
    return kind === 'r' ? Reply.parse(JSON.parse(json)).answers : [];
  });
}
