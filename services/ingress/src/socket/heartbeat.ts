import type { WebSocket } from 'ws';

/** Pings every socket; one that has not answered the last ping is dead and is ended. */
export type Heartbeat = { watch(socket: WebSocket): void; stop(): void };

/** @param everyMs milliseconds between pings */
export function startHeartbeat(everyMs: number): Heartbeat {
  const answered = new Map<WebSocket, boolean>();
  const timer = setInterval(() => {
    for (const [socket, alive] of answered) {
      if (!alive) {
        socket.terminate();
        continue;
      }
      answered.set(socket, false);
      socket.ping();
    }
  }, everyMs);
  timer.unref();
  return {
    watch: (socket) => {
      answered.set(socket, true);
      socket.on('pong', () => answered.set(socket, true));
      socket.on('close', () => answered.delete(socket));
    },
    stop: () => clearInterval(timer),
  };
}
