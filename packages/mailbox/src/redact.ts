import {
  type ActorAddress,
  actorMember,
  ControlMail,
  Journal,
  keys,
  Mail,
  TranscriptEntry,
} from '@queueclaw/contracts';
import { parseJson } from './record.js';
import type { Shard } from './shards.js';
import { isTheirEntry, isTheirMail, type OfChannel } from './theirs.js';

const pageSize = 200;
/** What stands for what a person has written, once they are forgotten. */
const mark = '[removed]';
const nobody = { id: 'removed' };

type UserEntry = Extract<TranscriptEntry, { role: 'user' }>;

function without(entry: UserEntry): TranscriptEntry {
  const { attachments: _, channel: __, ...rest } = entry;
  return { ...rest, text: mark, from: nobody };
}

/**
 * Replaces what one person has written in a conversation that others share, and removes what of them waits; a turn that is
 * under way goes on without their words. Summary and live stream go, since they may tell them; the summary is made anew. Answers
 * stay.
 * @returns ids of their messages
 */
export async function redactPerson(
  shard: Shard,
  address: ActorAddress,
  person: OfChannel,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  // Twice: what a worker has written while the first round was under way is found by the second.
  for (let round = 0; round < 2; round += 1) {
    await redactJournal(shard, address, person, ids);
    await removeWaiting(shard, address, person, ids);
    await redactTranscript(shard, address, person, ids);
    await cutOff(shard, address);
  }
  for (const message of ids)
    await shard.redis.hdel(keys.message(shard.tag, address.tenant, message), address.conversation);
  return ids;
}

async function cutOff(shard: Shard, address: ActorAddress): Promise<string> {
  const { tag } = shard;
  const names = [
    ...[keys.state(tag, 'messages', address), keys.mailbox(tag, 'messages', address), keys.control(tag, address)],
    ...[keys.commands(tag, address), keys.due(tag, 'messages'), keys.live(tag, address)],
  ];
  return String(await shard.run('cutOff', names, [actorMember(address)]));
}

type Change = {
  readonly journal?: readonly [old: string, fresh: string];
  readonly compact?: string;
  readonly waiting?: readonly string[];
  readonly entries?: readonly (readonly [at: number, old: string, fresh: string])[];
};

async function change(
  shard: Shard,
  address: ActorAddress,
  { journal, compact = '', waiting = [], entries = [] }: Change,
): Promise<void> {
  const { tag } = shard;
  await shard.run(
    'redact',
    [
      ...[keys.state(tag, 'messages', address), keys.transcript(tag, address)],
      ...[keys.mailbox(tag, 'messages', address), keys.commands(tag, address), keys.control(tag, address)],
    ],
    [journal?.[0] ?? '', journal?.[1] ?? '', compact, waiting.length, ...waiting, ...entries.flat()],
  );
}

async function redactJournal(shard: Shard, address: ActorAddress, person: OfChannel, ids: Set<string>): Promise<void> {
  const text = await cutOff(shard, address);
  const journal = Journal.safeParse(parseJson(text)).data;
  if (!journal) return;
  const fresh: Journal = {
    ...journal,
    answers: journal.answers.map((mail) => (isTheirMail(mail, person) ? { ...mail, from: nobody } : mail)),
    entries: journal.entries.map((entry) => {
      if (!isTheirEntry(entry, person)) return entry;
      ids.add(entry.id);
      return without(entry);
    }),
  };
  await change(shard, address, { journal: [text, JSON.stringify(fresh)] });
}

async function removeWaiting(shard: Shard, address: ActorAddress, person: OfChannel, ids: Set<string>): Promise<void> {
  const { tag, redis } = shard;
  const lists = [keys.mailbox(tag, 'messages', address), keys.commands(tag, address), keys.control(tag, address)];
  for (const key of lists) {
    const waiting = (await redis.lrange(key, 0, -1)).filter((element) => {
      const mail = Mail.safeParse(parseJson(element.slice(element.indexOf('.') + 1))).data;
      if (!mail || !isTheirMail(mail, person)) return false;
      ids.add(mail.id);
      return true;
    });
    if (waiting.length > 0) await change(shard, address, { waiting });
  }
  // What they asked a summary to keep in mind.
  const compact = (await redis.hget(keys.state(tag, 'messages', address), 'compact')) ?? '';
  const asked = ControlMail.safeParse(parseJson(compact)).data;
  if (asked && isTheirMail(asked, person)) await change(shard, address, { compact });
}

async function redactTranscript(
  shard: Shard,
  address: ActorAddress,
  person: OfChannel,
  ids: Set<string>,
): Promise<void> {
  const { tag, redis } = shard;
  const trimmed = Number((await redis.hget(keys.state(tag, 'messages', address), 'trimmed')) ?? 0);
  for (let at = 0, length = pageSize; length === pageSize; at += pageSize) {
    const lines = await redis.lrange(keys.transcript(tag, address), at, at + pageSize - 1);
    ({ length } = lines);
    const entries = lines.flatMap((line, offset): [number, string, string][] => {
      const entry = TranscriptEntry.safeParse(parseJson(line)).data;
      if (!entry || !isTheirEntry(entry, person)) return [];
      ids.add(entry.id);
      return [[trimmed + at + offset, line, JSON.stringify(without(entry))]];
    });
    if (entries.length > 0) await change(shard, address, { entries });
  }
}
