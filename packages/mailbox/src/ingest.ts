import { hash } from 'node:crypto';
import { type ActorAddress, actorMember, type ControlMail, type Mail, keys, personIn } from '@queueclaw/contracts';
import { groupCommit } from '@queueclaw/queues';
import { controlMax, type MailboxLimits, recordTtlMs } from './limits.js';
import { parseRecord, type MessageRecord } from './record.js';
import { row, strings } from './reply-shapes.js';
import { seal } from './seal.js';
import type { Shard, Shards } from './shards.js';

export type Ingested = {
  readonly outcome: 'accepted' | 'duplicate' | 'conflict' | 'full';
  /** Messages that wait before it. */
  readonly position: number;
  /** The conversation became due: somebody should wake it. */
  readonly wake: boolean;
  /** Of the first message with this id. */
  readonly record?: MessageRecord;
};

export type Ingest = (address: ActorAddress, mail: Mail) => Promise<Ingested>;

type Item = { readonly address: ActorAddress; readonly mail: Mail };

/** The others end the turn. */
export function isCommand(mail: ControlMail): boolean {
  return mail.action !== 'stop' && mail.action !== 'reset';
}

function listOf(tag: string, address: ActorAddress, mail: Mail): string {
  if (mail.kind === 'person') return keys.mailbox(tag, 'messages', address);
  return isCommand(mail) ? keys.commands(tag, address) : keys.control(tag, address);
}

function asked(mail: ControlMail): string {
  const { action, preferences, about, wrong, focus, approval, scope } = mail;
  return isCommand(mail)
    ? `/${action} ${JSON.stringify({ preferences, about, wrong, focus, approval, scope })}`
    : `/${action}`;
}

/** What tells two messages with the same id apart: 72 bits of SHA-256 over what the person wrote and attached. */
export function digest(mail: Mail): string {
  const attached = mail.kind === 'person' ? (mail.attachments ?? []).map(({ id }) => `\0${id}`).join('') : '';
  const text = mail.kind === 'person' ? mail.text + attached : asked(mail);
  return hash('sha256', text, 'base64url').slice(0, 12);
}

/**
 * Puts mail into mailboxes, durable when it resolves, batched by group commit per shard. Mail with an id that the
 * conversation has seen within 24 h is not put in again.
 * @throws AppError system.full, system.unavailable: nothing was accepted, or it was and a repeat with the same id is harmless
 */
export function ingestInto(
  shards: Shards,
  mailKey: string | undefined,
  limits: Pick<MailboxLimits, 'mailboxMax' | 'retentionMs'>,
): Ingest {
  const perShard = shards.all.map((shard) =>
    groupCommit<Item, Ingested>((items) => ingestBatch(shard, items, mailKey, limits), { besideFrom: 128 }),
  );
  return async (address, mail) => {
    const add = perShard[shards.of(address).index];
    if (!add) throw new Error('no such shard');
    return add({ address, mail });
  };
}

async function ingestBatch(
  shard: Shard,
  items: readonly Item[],
  mailKey: string | undefined,
  { mailboxMax, retentionMs }: Pick<MailboxLimits, 'mailboxMax' | 'retentionMs'>,
): Promise<readonly Ingested[]> {
  const { tag } = shard;
  const names = [keys.due(tag, 'messages')];
  const args: (string | number)[] = [recordTtlMs, mailboxMax, controlMax, retentionMs];
  for (const { address, mail } of items) {
    const person = personIn(mail.route.channel, mail.from.id);
    names.push(
      ...[keys.message(tag, address.tenant, mail.id), listOf(tag, address, mail)],
      ...[keys.state(tag, 'messages', address), keys.person(tag, address.tenant, person)],
    );
    args.push(
      ...[actorMember(address), digest(mail), seal(mailKey, address, JSON.stringify(mail))],
      ...[mail.kind === 'control' ? 1 : 0, person],
    );
  }
  return strings(row(await shard.run('ingest', names, args))).map(readVerdict);
}

/** Reads `outcome \n waiting before it \n wake \n record`. */
function readVerdict(verdict: string): Ingested {
  const [outcome, position, wake, ...record] = verdict.split('\n');
  return {
    outcome: outcome as Ingested['outcome'],
    position: Number(position),
    wake: wake === '1',
    ...(record.length > 0 ? { record: parseRecord(record.join('\n')) } : {}),
  };
}
