import { type Channel, findChannel, renderReply } from '@queueclaw/channels';
import { keys, type Reply } from '@queueclaw/contracts';
import { openDeliveryWaker, openMailbox, openSendGate, openShards, outboxItem } from '@queueclaw/mailbox';
import { connectRedis, createLogger } from '@queueclaw/runtime';
import type { fromReplies as Consuming } from '../../services/ingress/src/from-replies.ts';
import type { toChannels as Producing } from '../../services/ingress/src/to-channels.ts';
import { quantile } from '../statistics.ts';

/*
 * Sends replies to WhatsApp's fake, one to each of many conversations, with the channel's own code: in a bare loop, or by
 * the ingress' outboxes. Arguments: Redis URL, namespace, port of the fake. Message: { by, replies, atOnce }; answers { ms, p50 },
 * the time for all, and the middle one's from when somebody has it ready until the platform has it.
 */
type Order = { by: 'loop' | 'outbox'; replies: number; atOnce: number };

const [url = '', namespace = '', port = ''] = process.argv.slice(2);
const part = <T>(file: string): Promise<T> =>
  import(new URL(`../../services/ingress/dist/${file}.js`, import.meta.url).href) as Promise<T>;
const { fromReplies } = await part<{ fromReplies: typeof Consuming }>('from-replies');
const { toChannels } = await part<{ toChannels: typeof Producing }>('to-channels');

const whatsapp = findChannel('whatsapp');
if (whatsapp === undefined) throw new Error('no such channel');
// What a platform takes would be all that is measured.
const rates = { account: [{ most: 100_000, seconds: 1 }], chat: [{ most: 20, seconds: 1 }], chatIn: ['to'] };
const channel: Channel = { ...whatsapp, capabilities: { ...whatsapp.capabilities, rates } };
const code = await channel.load();
const secrets = { app_secret: 'a secret of the benchmark', verify_token: 'a word of the benchmark' };
const config = channel.config.parse({
  ...{ ...secrets, phone_number_id: '106540352242922', access_token: 'a token of the benchmark' },
  api_root: `http://127.0.0.1:${port}`,
});
const never = new AbortController().signal;
const connection = await code.connect?.(config, {
  ...{ account: 'main', signal: never, receive: async () => undefined, trouble: () => undefined },
  notes: { read: async () => undefined, write: async () => undefined },
});
const send = connection?.send;
if (connection === undefined || send === undefined) throw new Error('it sends nothing');

const open = (): ReturnType<typeof connectRedis> => connectRedis(url, 'blocking', () => undefined);
const redis = open();
const shards = openShards({ namespace, shards: 1 }, redis);
const limits = { mailboxMax: 10, transcriptMax: 10, historyMax: 10, retentionMs: 3_600_000 };
const waker = openDeliveryWaker(shards);
const waiting = new Map<string, () => void>();
const account = {
  ...{ channel, code, deafen: async () => undefined },
  connection: {
    ...connection,
    send: async (...message: Parameters<typeof send>) => {
      await send(...message);
      waiting.get(message[1].address?.['to'] ?? '')?.();
    },
  },
};
const { consumers, net } = fromReplies({
  ...{ mailbox: openMailbox({ shards, mailKey: undefined, limits }), waker, connect: open },
  send: toChannels({ find: () => account }, openSendGate(shards)),
  ...{ retryMs: () => 60_000, logger: createLogger('bench', 'warn') },
});
await Promise.all([...consumers, net].map((one) => one.start()));

let serial = 0;
const next = (): { to: string; reply: Reply } => {
  const to = `to-${(serial += 1)}`;
  const text = 'Hello there, this is the answer. It has a second sentence.';
  const route = { channel: 'whatsapp', address: { to } };
  return {
    to,
    reply: { v: 1, id: `r-${to}`, turn: 1, text, answers: [to], status: 'answered', route, at: Date.now() },
  };
};

const inLoop = async (): Promise<void> => {
  const { reply } = next();
  for (const [at, out] of renderReply(channel, code, reply).entries())
    await send(out, reply.route, `${reply.id}/${at}`, never);
};

/** As an agent leaves it, and announces it. */
const byOutbox = async (): Promise<void> => {
  const { to, reply } = next();
  const address = { tenant: 'default', conversation: to };
  const tag = shards.of(address).tag;
  const sent = new Promise<void>((resolve) => waiting.set(to, resolve));
  await Promise.all([
    redis.rpush(keys.mailbox(tag, 'replies', address), outboxItem(reply)),
    redis.zadd(keys.due(tag, 'replies'), Date.now() + 3_000, `default/${to}`),
  ]);
  await waker.announce(address, 'whatsapp', 'more');
  await sent;
  waiting.delete(to);
};

async function run({ by, replies, atOnce }: Order): Promise<{ ms: number; p50: number }> {
  const one = by === 'loop' ? inLoop : byOutbox;
  const times: number[] = [];
  let left = replies;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while ((left -= 1) >= 0) {
        const from = performance.now();
        await one();
        times.push(performance.now() - from);
      }
    }),
  );
  return { ms: performance.now() - startedAt, p50: quantile(times, 0.5) };
}

process.on('message', (order: Order) => void run(order).then((figures) => process.send?.(figures)));
process.send?.({ type: 'ready' });
