import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from '../body-of.js';
import { type FileGiver, fileGiver } from '../file-giver.js';

export type Json = Record<string, unknown>;

/** What happens to the next message that is sent. */
export type WeChatMishap =
  | { readonly status: number }
  | { readonly errcode: number }
  | { readonly invaliduser: string }
  | 'cut after accepting';

/** What a call of the API is answered with; `cut` breaks the line. */
export type Answer = { readonly status?: number; readonly body: Json } | { readonly file: Uint8Array } | 'cut';
export type Handle = (path: string, query: URLSearchParams, body: Json) => Answer | Promise<Answer>;

/** An API on a free port of loopback. */
export async function serveWeChat(
  handle: Handle,
): Promise<{ readonly url: string; readonly giving: FileGiver; close(): Promise<void> }> {
  const giving = fileGiver();
  const answer = (response: ServerResponse, told: Answer): void => {
    if (told === 'cut') return void response.destroy();
    if ('file' in told)
      return void giving.give(response, told.file, { 'content-disposition': 'attachment; filename="a"' });
    response.writeHead(told.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(told.body));
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    void bodyOf(request).then(async (body) => answer(response, await handle(pathname, searchParams, body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    giving,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
