import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FileGiver, fileGiver } from './file-giver.js';

/** Somewhere on loopback where files lie. */
export type FileServer = {
  readonly url: string;
  /** Keeps bytes; tells their address. */
  keep(bytes: Uint8Array, name?: string): string;
  readonly giving: FileGiver;
  close(): Promise<void>;
};

/** Starts one on a free port. */
export async function startFileServer(): Promise<FileServer> {
  const kept = new Map<string, Uint8Array>();
  const giving = fileGiver();
  let serial = 1_000;
  const server = createServer((request, response) => {
    const bytes = kept.get(request.url ?? '');
    if (bytes === undefined) response.writeHead(404).end();
    else void giving.give(response, bytes);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    keep: (bytes, name = 'a') => {
      const path = `/${(serial += 1)}/${encodeURIComponent(name)}`;
      kept.set(path, bytes);
      return `${url}${path}`;
    },
    giving,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
