import {
  type ActorAddress,
  actorMember,
  askedMark,
  type ControlMail,
  type Decision,
  Journal,
  keys,
  type LiveEvent,
  type PreferenceChange,
  Preferences,
  type Reply,
  Summary,
} from '@queueclaw/contracts';
import { liveKeep, liveTtlMs } from './limits.js';
import { outboxItem } from './outbox.js';
import { parseJson } from './record.js';
import type { Shard } from './shards.js';

/** A command as it waits. `mail` is undefined when it is forged or cannot be read: it is dropped. */
export type WaitingCommand = { readonly element: string; readonly mail: ControlMail | undefined };

/** Sees to commands; those that it leaves are shown again. */
export type Obey = (commands: readonly WaitingCommand[]) => Promise<void>;

/** What a command does, with its answer in one step. */
export type Effect = {
  readonly reply?: Reply | undefined;
  readonly change?: PreferenceChange | undefined;
  /** It is kept for a worker, which answers it. */
  readonly keep?: ControlMail | undefined;
};

/** `taken`: another command is kept for a worker already, and nothing changed. */
export type Obeyed = 'done' | 'gone' | 'taken';

/** See scripts/obey.ts. */
export async function obeyCommand(
  shard: Shard,
  address: ActorAddress,
  { element }: WaitingCommand,
  { reply, change = {}, keep }: Effect,
  retentionMs: number,
): Promise<Obeyed> {
  const { tag } = shard;
  const verdict = await shard.run(
    'obey',
    [
      ...[keys.state(tag, 'messages', address), keys.commands(tag, address)],
      ...[keys.mailbox(tag, 'replies', address), keys.due(tag, 'replies')],
    ],
    [
      ...[actorMember(address), element, retentionMs, reply === undefined ? '' : outboxItem(reply)],
      keep === undefined ? '' : JSON.stringify(keep),
      ...Object.entries(change).flatMap(([name, value]) => [name, value ?? '']),
    ],
  );
  if (verdict === 1) return 'done';
  return verdict === 0 ? 'gone' : 'taken';
}

/** What a decision about a call that waits changes, and what is answered when it counts and when it comes too late. */
export type DecisionEffect = {
  readonly decision: Decision;
  readonly grant?: string | undefined;
  readonly live: LiveEvent;
  readonly reply: Reply;
  readonly late: Reply;
};

/** See scripts/decide.ts. */
export async function decideCommand(
  shard: Shard,
  address: ActorAddress,
  { element }: WaitingCommand,
  { decision, grant = '', live, reply, late }: DecisionEffect,
): Promise<'done' | 'gone' | 'late'> {
  const { tag } = shard;
  const verdict = await shard.run(
    'decide',
    [
      ...[keys.state(tag, 'messages', address), keys.commands(tag, address)],
      ...[keys.mailbox(tag, 'replies', address), keys.due(tag, 'replies'), keys.waiting(tag, address)],
      ...[keys.due(tag, 'messages'), keys.live(tag, address)],
    ],
    [
      ...[actorMember(address), element, outboxItem(reply), outboxItem(late), decision.call],
      ...[askedMark(decision.approval), JSON.stringify(decision), grant, JSON.stringify(live), liveKeep, liveTtlMs],
    ],
  );
  if (verdict === 1) return 'done';
  return verdict === 0 ? 'gone' : 'late';
}

/** A conversation from outside. */
export type Glance = {
  readonly preferences: Preferences;
  /** Turns so far. */
  readonly turn: number;
  /** Somebody works on it at this moment. */
  readonly working: boolean;
  /** Of the turn that is under way, once a step of it is durable. */
  readonly journal: Journal | undefined;
  /** Calls of it that people have decided on already. */
  readonly decided: ReadonlySet<string>;
  /** Tool calls that are out. */
  readonly toolsOut: number;
  /** Messages that wait. */
  readonly waiting: number;
  /** Entries of the transcript that are kept, and how many of them the summary covers. */
  readonly entries: number;
  readonly summarised: number;
};

/** Reads what a command may tell. */
export async function glanceAt({ tag, redis }: Shard, address: ActorAddress): Promise<Glance> {
  const [fields, waiting, entries, calls] = await Promise.all([
    redis.hmget(
      keys.state(tag, 'messages', address),
      ...['prefs', 'turn', 'journal', 'waiting', 'summary', 'trimmed', 'phase', 'lease'],
    ),
    redis.llen(keys.mailbox(tag, 'messages', address)),
    redis.llen(keys.transcript(tag, address)),
    redis.hgetall(keys.waiting(tag, address)),
  ]);
  const [prefs, turn, journal, toolsOut, summary, trimmed, phase, lease] = fields;
  const until = Summary.safeParse(parseJson(summary ?? '')).data?.until ?? 0;
  return {
    preferences: Preferences.safeParse(parseJson(prefs ?? '')).data ?? {},
    turn: Number(turn ?? 0),
    working: Number(lease ?? 0) > Date.now(),
    journal: Journal.safeParse(parseJson(journal ?? '')).data,
    decided: new Set(Object.entries(calls).flatMap(([call, value]) => (value.startsWith('d') ? [call] : []))),
    toolsOut: phase === 'tools' ? Number(toolsOut ?? 0) : 0,
    waiting,
    entries,
    summarised: Math.max(0, until - Number(trimmed ?? 0)),
  };
}
