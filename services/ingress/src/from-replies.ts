import {
  type ActorAddress,
  AppError,
  type DeliveryRound,
  type Reply,
  streamChannels,
  toAppError,
} from '@queueclaw/contracts';
import {
  claimOutbox,
  createDispatcher,
  type DeliveryLease,
  type DeliveryProgress,
  type DeliveryWaker,
  deliverToStreams,
  type Mailbox,
  type Shard,
} from '@queueclaw/mailbox';
import { consume, type Consumer, repliesQueue, type Summary } from '@queueclaw/queues';
import { counter, type Logger, type Service, spanOf, withSpan } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { planAfter, triesMost } from './retry-plan.js';
import { overdue, untilAborted } from './until-aborted.js';

/**
 * Sends one reply to its platform. Resolves when the platform has it; repeats under the same key are the same message where
 * the platform knows keys. It goes on after the parts that the platform has. Throws AppError: `retry` and `retry-after` are tried again, everything else is given up.
 */
export type SendReply = (
  address: ActorAddress,
  reply: Reply,
  key: string,
  signal: AbortSignal,
  progress: DeliveryProgress,
) => Promise<void>;

export type FromRepliesOptions = {
  readonly mailbox: Mailbox;
  readonly waker: DeliveryWaker;
  readonly connect: () => Redis;
  readonly send: SendReply;
  /** How long a platform may be away before a reply to it is put aside as a dead letter, milliseconds. */
  readonly retryMs: () => number;
  /** Longest time for one part, milliseconds. */
  readonly sendMsMax?: number;
  readonly logger: Logger;
};

const deliveredTotal = counter('queueclaw_replies_delivered_total', 'Replies delivered, by channel', ['channel']);
const failedTotal = counter('queueclaw_replies_failed_total', 'Replies that no try could deliver', ['channel']);
/** One platform takes half of them at most; see send-gate.ts. */
const roundsAtOnce = 250;
const lookEveryMs = 1_000;
/** The lease of an outbox lives four times as long. */
const renewEveryMs = 2_500;
const usualSendMsMax = 25_000;

/** Serves `replies`: one outbox per conversation, head first. One consumer per shard, and the outboxes' own safety net. */
export function fromReplies(options: FromRepliesOptions): {
  readonly consumers: readonly Consumer[];
  readonly net: Service;
} {
  const { mailbox, waker, connect, logger } = options;
  const consumers = mailbox.shards.all.map((shard) =>
    consume(repliesQueue, {
      prefix: shard.tag,
      connect,
      concurrency: roundsAtOnce,
      logger,
      handle: (round, _job, signal) => serve(options, shard, round, signal),
    }),
  );
  // An outbox that is due does not say for which channel: a stream round finds out, and passes on what is not its own.
  const net = createDispatcher({
    mailbox,
    kind: 'replies',
    tickMs: lookEveryMs,
    onDue: async (due) => void (await Promise.all(due.map((address) => waker.announce(address, 'http', 'due')))),
    onError: (error) => logger.warn({ reason: String(error) }, 'due outboxes cannot be looked up at the moment'),
  });
  return { consumers, net };
}

async function serve(
  options: FromRepliesOptions,
  shard: Shard,
  round: DeliveryRound,
  signal: AbortSignal,
): Promise<Summary> {
  if (!streamChannels.includes(round.channel))
    return { delivered: await deliverOutboxes(options, shard, round, signal) };
  const done = await deliverToStreams(shard, round.outboxes, streamChannels);
  let delivered = 0;
  for (const [at, { delivered: count, left }] of done.entries()) {
    delivered += count;
    const address = round.outboxes[at];
    if (left !== undefined && address) await options.waker.announce(address, left, 'more');
  }
  deliveredTotal.inc({ channel: round.channel }, delivered);
  return { delivered };
}

async function deliverOutboxes(
  options: FromRepliesOptions,
  shard: Shard,
  round: DeliveryRound,
  signal: AbortSignal,
): Promise<number> {
  let delivered = 0;
  for (const address of round.outboxes) {
    for (let left = 1; left > 0 && !signal.aborted; delivered += 1) {
      const lease = await claimOutbox(shard, address);
      if (typeof lease === 'string') break;
      const more = await deliverHead(options, address, lease, signal);
      if (more === undefined) break;
      left = more;
    }
  }
  return delivered;
}

/** How many items are left behind the head; undefined when the head stays for later. */
async function deliverHead(
  { send, retryMs, sendMsMax = usualSendMsMax, logger }: FromRepliesOptions,
  address: ActorAddress,
  lease: DeliveryLease,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { reply, tries } = lease;
  if (!reply) return lease.done('failed', { v: 1, kind: 'replies', ...address, why: 'unreadable', at: Date.now() });
  const { channel } = reply.route;
  if (streamChannels.includes(channel)) return lease.done();
  const giveUp = (why: string): Promise<number | undefined> => {
    failedTotal.inc({ channel });
    logger.error({ ...address, reply: reply.id, why, tries }, 'a reply was put aside as a dead letter');
    return lease.done('failed', { v: 1, kind: 'replies', ...address, reply, why, tries, at: Date.now() });
  };
  if (tries > triesMost) return giveUp('tried too often');
  const late = new AbortController();
  const patience = setTimeout(() => late.abort(overdue), sendMsMax);
  const heartbeat = setInterval(() => {
    lease.renew().then(
      (ours) =>
        ours || late.abort(new AppError('channel.failed', { publicMessage: 'Another process delivers this now.' })),
      () => undefined,
    );
  }, renewEveryMs);
  const progress: DeliveryProgress = {
    ...lease.progress,
    record: async (part) => {
      await lease.progress.record(part);
      patience.refresh();
    },
  };
  try {
    const limit = AbortSignal.any([signal, late.signal]);
    const key = `${address.tenant}/${address.conversation}/${reply.id}`;
    const attributes = { ...spanOf(address), 'queueclaw.channel': channel, 'queueclaw.reply.status': reply.status };
    const span = { kind: 'client', parent: reply.trace, attributes } as const;
    await withSpan(`deliver ${channel}`, span, () => untilAborted(send(address, reply, key, limit, progress), limit));
    deliveredTotal.inc({ channel });
    return await lease.done();
  } catch (thrown) {
    if (signal.aborted) {
      // We are stopping: whatever the platform said then, another ingress asks it again.
      await lease.postpone(0, 'stopped');
      return undefined;
    }
    const plan = planAfter(toAppError(thrown, 'channel.failed'), lease, retryMs());
    if ('dead' in plan) return await giveUp(plan.dead);
    await lease.postpone(plan.waitMs, plan.why);
    return undefined;
  } finally {
    clearTimeout(patience);
    clearInterval(heartbeat);
  }
}
