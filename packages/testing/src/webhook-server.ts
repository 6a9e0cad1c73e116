import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as the ingress gives it to a channel. */
export type RawCall = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** The ingress' webhook route in small, for channels' tests: bytes in, an answer out, 503 when the channel throws. */
export async function startWebhookServer(
  answer: (call: RawCall) => Promise<{ readonly status: number; readonly body?: string }>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const headers = request.headers as Record<string, string>;
      const query = Object.fromEntries(searchParams);
      answer({ method: request.method ?? '', headers, query, body: Buffer.concat(chunks) }).then(
        ({ status, body }) => response.writeHead(status).end(body),
        () => response.writeHead(503).end(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
