import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Moved = { readonly read: number; readonly written: number; readonly scripts: number };

export type LossyRedis = {
  readonly url: string;
  /** The next answer of Redis is lost together with its connection: Redis has done it, the client does not know. */
  loseNextAnswer(): void;
  /** How many answers were lost so far. */
  lost(): number;
  /** Bytes from Redis and to it, and the scripts that were run, so far. */
  moved(): Moved;
  close(): Promise<void>;
};

/** Stands between a client and Redis on a Unix socket of its own. */
export async function startLossyRedis(redisUrl: string): Promise<LossyRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'queueclaw-lossy-'));
  const path = join(folder, 'redis.sock');
  const url = new URL(redisUrl);
  const open = (): Socket =>
    url.protocol === 'unix:' ? connect(decodeURIComponent(url.pathname)) : connect(Number(url.port), url.hostname);
  const sockets = new Set<Socket>();
  let armed = false;
  let lost = 0;
  let [read, written, scripts] = [0, 0, 0];
  const server = createServer((client) => {
    const redis = open();
    const end = (): void => {
      for (const socket of [client, redis]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (chunk) => {
      written += chunk.length;
      scripts += chunk.toString('latin1').split(/\r\nevalsha\r\n/i).length - 1;
      redis.write(chunk);
    });
    redis.on('data', (chunk) => {
      read += chunk.length;
      if (!armed) return void client.write(chunk);
      armed = false;
      lost += 1;
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    url: `unix://${path}`,
    loseNextAnswer: () => void (armed = true),
    lost: () => lost,
    moved: () => ({ read, written, scripts }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
