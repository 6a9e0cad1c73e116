import { connectRedis } from '@queueclaw/runtime';
import { type Lease, openMailbox, openShards } from '@queueclaw/mailbox';

/*
 * Appends deltas to the live streams of conversations it has claimed, as an agent does, spread evenly over them and over
 * time. Arguments: Redis URL, namespace. Message: { conversations, perSecond, ms }. Answers { sent, each }, the deltas of
 * each conversation. A delta's text is its number in the conversation and the time (CLOCK_MONOTONIC, microseconds).
 */
type Order = { conversations: number; perSecond: number; ms: number };

const [url = '', namespace = ''] = process.argv.slice(2);
const redis = connectRedis(url, 'command', () => undefined);
const mailbox = openMailbox({
  shards: openShards({ namespace, shards: 1 }, redis),
  mailKey: undefined,
  limits: { mailboxMax: 10, transcriptMax: 10, historyMax: 10, retentionMs: 3_600_000 },
});
const leases: Lease[] = [];

async function claim(conversation: string): Promise<Lease> {
  const address = { tenant: 'default', conversation };
  const route = { channel: 'websocket' };
  const mail = { v: 1, kind: 'person', id: conversation, text: 'hello', from: { id: 'bench' }, route, at: 1 } as const;
  await mailbox.ingest(address, mail);
  const lease = await mailbox.claim(address);
  if (typeof lease === 'string') throw new Error(`${conversation} is ${lease}`);
  return lease;
}

const now = (): bigint => process.hrtime.bigint() / 1_000n;

async function run({ conversations, perSecond, ms }: Order): Promise<{ sent: number; each: number[] }> {
  while (leases.length < conversations) leases.push(await claim(`stream-${leases.length}`));
  const each = Array.from({ length: conversations }, () => 0);
  const writes: Promise<boolean>[] = [];
  const startedAt = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - startedAt, ms);
      for (const due = Math.floor((elapsed * perSecond) / 1_000); sent < due; sent += 1) {
        const at = sent % conversations;
        const number = (each[at] = (each[at] ?? 0) + 1);
        const text = `${number} ${now()} and some words besides.`;
        const lease = leases[at];
        if (lease) writes.push(lease.appendLive([{ type: 'delta', turn: 1, step: 1, attempt: lease.epoch, text }]));
      }
      if (elapsed < ms) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  if ((await Promise.all(writes)).includes(false)) throw new Error('a delta was refused');
  return { sent, each };
}

process.on('message', (order: Order) => void run(order).then((figures) => process.send?.(figures)));
process.send?.({ type: 'ready' });
