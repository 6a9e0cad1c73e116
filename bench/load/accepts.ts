import { connect, type Socket } from 'node:net';

/*
 * Posts over many keep-alive connections for a while and counts the 2xx. Raw sockets, so that the client costs as little as
 * possible and the same for everybody. Message: { port, path, connections, ms, fresh, most }.
 */
type Order = {
  port: number;
  path: string;
  connections: number;
  ms: number;
  fresh: boolean;
  /** Stop after this many requests, if that comes before the time. */
  most?: number;
};

let serial = 0;

function request(order: Order): string {
  serial += 1;
  const conversation = order.fresh ? `cold-${process.pid}-${serial}` : `warm-${serial % 1_000}`;
  const body = JSON.stringify({ conversation, text: `message number ${serial}`, id: `b${process.pid}-${serial}` });
  return `POST ${order.path} HTTP/1.1\r\nHost: 127.0.0.1:${order.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function run(order: Order): Promise<{ accepted: number; refused: number; ms: number }> {
  let accepted = 0;
  let refused = 0;
  const until = performance.now() + order.ms;
  const startedAt = performance.now();
  let left = order.most ?? Number.POSITIVE_INFINITY;
  const next = (socket: Socket): void => {
    left -= 1;
    if (left >= 0 && performance.now() < until) socket.write(request(order));
    else socket.end();
  };
  const serve = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let buffer = '';
      socket.setNoDelay(true).setEncoding('latin1');
      socket.on('error', reject).on('close', () => resolve());
      socket.on('connect', () => next(socket));
      socket.on('data', (chunk: string) => {
        buffer += chunk;
        const head = buffer.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(buffer)?.[1] ?? 0);
        if (buffer.length < head + 4 + length) return;
        if (buffer[9] === '2') accepted += 1;
        else refused += 1;
        buffer = '';
        next(socket);
      });
    });
  const sockets = Array.from({ length: order.connections }, () => serve(connect(order.port, '127.0.0.1')));
  return Promise.all(sockets).then(() => ({ accepted, refused, ms: performance.now() - startedAt }));
}

process.on('message', (order: Order) => void run(order).then((figures) => process.send?.(figures)));
process.send?.({ type: 'ready' });
