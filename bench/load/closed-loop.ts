import { WebSocket } from 'ws';

/*
 * Conversations that each send their next message when the last one is answered. Message: { port, conversations, sockets,
 * ms, text, name } or { port, one: n, text, name } for one message at a time. Answers { replies, ms, latencies }.
 */
type Order = {
  port: number;
  conversations: number;
  sockets: number;
  ms: number;
  text: string;
  name: string;
  /** Stop after this many replies instead of a time. */
  most?: number;
};
type Frame = { type: string; conversation?: string; code?: string };

async function open(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

async function run(order: Order): Promise<{ replies: number; ms: number; latencies: number[] }> {
  const sockets = await Promise.all(Array.from({ length: order.sockets }, () => open(order.port)));
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  let replies = 0;
  let sent = 0;
  let waiting = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const startedAt = performance.now();
  const until = startedAt + order.ms;
  const over = (): boolean => (order.most === undefined ? performance.now() >= until : sent >= order.most);

  const send = (socket: WebSocket, conversation: string): void => {
    sent += 1;
    waiting += 1;
    sentAt.set(conversation, performance.now());
    socket.send(JSON.stringify({ type: 'send', conversation, text: order.text }));
  };
  for (const socket of sockets)
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (frame.type === 'error') throw new Error(`refused: ${frame.code}`);
      if (frame.type !== 'reply' || frame.conversation === undefined) return;
      replies += 1;
      waiting -= 1;
      latencies.push(performance.now() - (sentAt.get(frame.conversation) ?? 0));
      if (!over()) send(socket, frame.conversation);
      else if (waiting === 0) finish();
    });
  for (let at = 0; at < order.conversations; at += 1) {
    const socket = sockets[at % sockets.length];
    if (socket) send(socket, `${order.name}-${at}`);
  }
  await finished;
  const ms = performance.now() - startedAt;
  for (const socket of sockets) socket.close();
  return { replies, ms, latencies };
}

process.on('message', (order: Order) => void run(order).then((figures) => process.send?.(figures)));
process.send?.({ type: 'ready' });
