import { createServer, type Server, type ServerResponse } from 'node:http';
import { registry, scrape } from '../metrics.js';
import { redact } from '../redaction.js';
import type { HealthBoard } from './health.js';

export type HealthServer = { readonly port: number; close(): Promise<void> };

const portsToTry = 32;

const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(redact(JSON.stringify(body)));
};

const answer = async (service: string, board: HealthBoard, path: string, response: ServerResponse): Promise<void> => {
  if (path === '/healthz') return sendJson(response, 200, { status: 'ok', service });
  if (path === '/readyz' || path === '/health') {
    const { ok, checks } = await board.status();
    return sendJson(response, ok ? 200 : 503, { status: ok ? 'ok' : 'unavailable', service, checks });
  }
  if (path === '/metrics') {
    const text = await scrape();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
    response.end(text);
    return;
  }
  sendJson(response, 404, { error: { code: 'route.not_found', message: 'There is nothing at this address.' } });
};

const listen = async (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/**
 * Serves /healthz (alive), /readyz and its alias /health (200, or 503 and what is missing) and /metrics (Prometheus).
 * @param port the first port to try, then the next free ones, as several services share a machine; 0: any
 * @throws when the 32 ports from `port` on are all taken, or the host is not an address of this machine
 */
export async function serveHealth(
  service: string,
  board: HealthBoard,
  where: { readonly host: string; readonly port: number },
): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    request.resume();
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendJson(response, 405, { status: 'GET only' });
    answer(service, board, path, response).catch(() => response.destroy());
  });
  server.maxConnections = 100;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const port = await listen(server, where.host, where.port === 0 ? 0 : where.port + attempt);
      return { port, close: () => closeServer(server) };
    } catch (error) {
      if (!isTaken(error) || attempt >= portsToTry) throw error;
    }
  }
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
