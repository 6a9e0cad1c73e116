import { type ActorAddress, actorMember, AppError, keys, Reply } from '@queueclaw/contracts';
import { type Draft, settledDraft } from './drafts.js';
import { deliveryLeaseMs, liveKeep, liveTtlMs, recordTtlMs } from './limits.js';
import { parseJson } from './record.js';
import { row } from './reply-shapes.js';
import type { Shard } from './shards.js';

/** A reply as it lies in an outbox: what scripts need in front, then the reply. */
export function outboxItem(reply: Reply): string {
  return `${reply.route.channel}\n${reply.status}\n${reply.answers.join(' ')}\n${JSON.stringify(reply)}`;
}

/** The replies of a conversation that are not delivered yet, in order. */
export async function repliesWaiting({ tag, redis }: Shard, address: ActorAddress): Promise<readonly Reply[]> {
  const items = await redis.lrange(keys.mailbox(tag, 'replies', address), 0, -1);
  return items.flatMap((item) => Reply.safeParse(parseJson(item.split('\n').slice(3).join('\n'))).data ?? []);
}

/** What happened to one outbox of a round. */
export type Delivered = {
  readonly delivered: number;
  /** Channel of the head that this round could not deliver. */
  readonly left: string | undefined;
};

/**
 * Delivers outboxes of one shard to channels for which delivered means written to the message's record and the
 * conversation's live stream. In order and atomic.
 */
export async function deliverToStreams(
  shard: Shard,
  addresses: readonly ActorAddress[],
  channels: readonly string[],
): Promise<readonly Delivered[]> {
  const { tag } = shard;
  const names = addresses.flatMap((a) => [
    keys.state(tag, 'replies', a),
    keys.mailbox(tag, 'replies', a),
    keys.live(tag, a),
  ]);
  const answers = row(
    await shard.run(
      'deliver',
      [keys.due(tag, 'replies'), ...names],
      [
        ...[tag, recordTtlMs, liveKeep, liveTtlMs, ` ${channels.join(' ')} `],
        ...addresses.flatMap((a) => [a.tenant, a.conversation]),
      ],
    ),
  );
  return answers.map((answer) => {
    const [delivered, left] = row(answer);
    return { delivered: Number(delivered), left: left === '' ? undefined : String(left) };
  });
}

/** What the platform already has of the head of an outbox. Kept beside it, and gone with it. */
export type DeliveryProgress = {
  /** How many of its parts, from the first. */
  readonly sent: number;
  /** It has waited for its turn with the platform already. */
  readonly waited: boolean;
  /** What grew on the platform while the answer was written, once nobody changes it any more. */
  readonly draft?: () => Promise<Draft | undefined>;
  /**
   * The platform has this part, counted from 0. Needed after every part but the last, which `done` tells.
   * @throws AppError `channel.failed` when somebody else delivers it now: stop
   */
  record(part: number): Promise<void>;
};

/** The claimed head of an outbox, for a channel that talks to a platform. Fenced like a conversation's lease. */
export type DeliveryLease = {
  /** Undefined when the item cannot be read: drop it. */
  readonly reply: Reply | undefined;
  /** Claims of this head, or of what is left of it since the platform took a part, this one included; without those that only waited. */
  readonly tries: number;
  /** Since the platform took a part last: it fails or is away (`away`), or asks to wait (`slow`), and for how long. */
  readonly troubled: { readonly why: 'away' | 'slow'; readonly forMs: number } | undefined;
  /** Items in the outbox, this one included. */
  readonly waiting: number;
  readonly progress: DeliveryProgress;
  /** Keeps it; false when somebody else delivers it now. */
  renew(): Promise<boolean>;
  /** The platform has it (`status` undefined), or never will (`failed`). Resolves to how many are left. */
  done(status?: 'failed', deadLetter?: Readonly<Record<string, unknown>>): Promise<number | undefined>;
  /**
   * It is tried again later, milliseconds. Only what `failed` counts as a try; `away`: nobody tried, since the platform is away;
   * `slow`: it asked to wait; `stopped`: we did.
   */
  postpone(ms: number, why?: 'failed' | 'away' | 'slow' | 'stopped'): Promise<boolean>;
};

/** Claims the head of one outbox. */
export async function claimOutbox(
  shard: Shard,
  address: ActorAddress,
): Promise<DeliveryLease | 'busy' | 'empty' | 'later'> {
  const { tag } = shard;
  const st = keys.state(tag, 'replies', address);
  const mb = keys.mailbox(tag, 'replies', address);
  const due = keys.due(tag, 'replies');
  const member = actorMember(address);
  const answer = row(await shard.run('claimDelivery', [st, mb, due], [member, deliveryLeaseMs]));
  if (answer[0] !== 'claimed') return answer[0] as 'busy' | 'empty' | 'later';
  const epoch = Number(answer[1]);
  const reply = Reply.safeParse(parseJson(String(answer[3]))).data;
  const [why, forMs] = String(answer[6]).split(' ');
  const troubled = why === 'away' || why === 'slow' ? ({ why, forMs: Number(forMs) } as const) : undefined;
  return {
    reply,
    tries: Number(answer[2]),
    troubled,
    waiting: Number(answer[4]),
    progress: {
      sent: sentOf(reply, String(answer[5])),
      waited: troubled?.why === 'slow',
      // None can begin while an answer is on its way.
      draft: async () =>
        reply === undefined || answer[7] === 0 ? undefined : settledDraft(shard, address, reply.turn),
      record: async (part) => {
        const sent = `${part + 1}\n${reply?.id}`;
        const [told] = row(await shard.run('recordDelivery', [st, due], [epoch, member, deliveryLeaseMs, sent]));
        if (told !== 'ok')
          throw new AppError('channel.failed', { publicMessage: 'Another process delivers this now.' });
      },
    },
    renew: async () => row(await shard.run('renewDelivery', [st, due], [epoch, member, deliveryLeaseMs]))[0] === 'ok',
    done: async (status, deadLetter) => {
      const back = row(
        await shard.run(
          'commitDelivery',
          [st, mb, due, keys.live(tag, address), keys.dead(tag)],
          [
            ...[epoch, epoch, member, tag, address.tenant, address.conversation, recordTtlMs, liveKeep, liveTtlMs],
            ...[status ?? '', deadLetter === undefined ? '' : JSON.stringify(deadLetter), reply?.turn ?? 0],
          ],
        ),
      );
      return back[0] === 'ok' ? Number(back[1]) : undefined;
    },
    postpone: async (ms, postponed = 'failed') =>
      row(await shard.run('postponeDelivery', [st, due], [epoch, member, ms, postponed]))[0] === 'ok',
  };
}

/** Of this reply alone: what an older process left of another one says nothing. */
function sentOf(reply: Reply | undefined, sent: string): number {
  const at = sent.indexOf('\n');
  const own = at > 0 && sent.slice(at + 1) === reply?.id;
  return own ? Number.parseInt(sent, 10) : 0;
}
