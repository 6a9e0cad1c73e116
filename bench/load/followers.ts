import { WebSocket } from 'ws';
import { quantile } from '../statistics.ts';

/*
 * Sockets that each follow one conversation and note when a delta reaches them. Argument: port. Messages: { sockets,
 * conversations } opens them and answers when all follow; { each } waits until all have all of each conversation's deltas,
 * ten seconds at most, and answers { received, lost, disordered, p50, p99 }, times in milliseconds from append to receipt.
 */
type Order = { sockets: number; conversations: number } | { each: number[] };
type Follower = { readonly at: number; last: number };

const [port = ''] = process.argv.slice(2);
const followers: Follower[] = [];
let latencies: number[] = [];
let disordered = 0;

const now = (): bigint => process.hrtime.bigint() / 1_000n;

async function follow(at: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
  const follower = { at, last: 0 };
  followers.push(follower);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', conversation: `stream-${at}` })));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { type: string; text?: string };
      if (frame.type === 'subscribed') resolve();
      if (frame.type !== 'delta') return;
      const [number = '', sentAt = '0'] = (frame.text ?? '').split(' ');
      latencies.push(Number(now() - BigInt(sentAt)) / 1_000);
      if (Number(number) !== follower.last + 1) disordered += 1;
      follower.last = Number(number);
    });
  });
}

async function report(each: readonly number[]): Promise<Record<string, number>> {
  const expected = followers.reduce((sum, { at }) => sum + (each[at] ?? 0), 0);
  const until = performance.now() + 10_000;
  while (latencies.length < expected && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const received = latencies.length;
  const times = { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  const figures = { received, lost: expected - received, disordered, ...times };
  latencies = [];
  for (const follower of followers) follower.last = 0;
  return figures;
}

async function obey(order: Order): Promise<Record<string, number>> {
  if ('each' in order) return report(order.each);
  for (let from = 0; from < order.sockets; from += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, order.sockets - from) }, (_, at) => follow((from + at) % order.conversations)),
    );
  return {};
}

process.on('message', (order: Order) => void obey(order).then((figures) => process.send?.(figures)));
process.send?.({ type: 'ready' });
