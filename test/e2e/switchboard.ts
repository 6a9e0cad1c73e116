import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A load balancer in front of replicas: every new connection goes to where it points now. */
export type Switchboard = {
  readonly url: string;
  pointTo(port: number): void;
  /** Breaks what is connected, as a network does. */
  cut(): void;
  close(): Promise<void>;
};

/** Opens one on a free port of loopback. */
export async function openSwitchboard(port: number): Promise<Switchboard> {
  let target = port;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const replica = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [client, replica],
      [replica, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pointTo: (next) => {
      target = next;
    },
    cut,
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}
