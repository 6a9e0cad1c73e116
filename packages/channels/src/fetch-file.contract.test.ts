import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fetchFile as fromDiscord } from './discord/fetch-file.js';
import { fetchFile as fromSlack } from './slack/fetch-file.js';
import { fetchMedia } from './whatsapp/graph.js';

let url: string;
let asked: { readonly path: string; readonly token: string | undefined }[] = [];
const answer = (request: IncomingMessage, response: ServerResponse): void => {
  const path = request.url ?? '';
  asked.push({ path, token: request.headers.authorization });
  if (path === '/1234') return void response.end(JSON.stringify({ url: `${url}/file` }));
  if (path === '/6666') return void response.end(JSON.stringify({ url: 'https://example.com/file' }));
  if (path === '/moved') return void response.writeHead(302, { location: '/file' }).end();
  if (path === '/broken') return void response.writeHead(503).end();
  response.writeHead(path === '/file' ? 200 : 404).end(path === '/file' ? 'the bytes' : undefined);
};
const server = createServer(answer);

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => void (asked = []));

const signal = new AbortController().signal;
const textOf = async (bytes: Promise<AsyncIterable<Uint8Array>>): Promise<string> => {
  let text = '';
  for await (const piece of await bytes) text += Buffer.from(piece).toString();
  return text;
};
const file = (handle: string): Parameters<typeof fromDiscord>[1] => ({ name: 'a', type: undefined, handle });
const slack = (handle: string): Promise<string> =>
  textOf(fromSlack({ bot_token: 'xoxb-1', signing_secret: 's', api_root: `${url}/api` }, file(handle), signal));
const discord = (handle: string): Promise<string> => textOf(fromDiscord(`${url}/api`, file(handle), signal));
const whatsapp = (handle: string): Promise<string> =>
  textOf(
    fetchMedia(
      { phone_number_id: '1', access_token: 'EAA1', app_secret: 's', verify_token: 'v', api_root: url },
      file(handle),
      signal,
    ),
  );

it('reads a file with the token that the platform asks for, and no other', async () => {
  expect(await Promise.all([slack(`${url}/file`), discord(`${url}/file`), whatsapp('1234')])).toEqual([
    ...['the bytes', 'the bytes', 'the bytes'],
  ]);
  expect(asked.flatMap(({ path, token }) => (path === '/file' ? [token ?? 'none'] : [])).toSorted()).toEqual([
    ...['Bearer EAA1', 'Bearer xoxb-1', 'none'],
  ]);
});

it.each(['https://example.com/file', 'http://169.254.169.254/latest', 'file:///etc/passwd', 'no address', ''])(
  'takes no token to %j, and does not ask there',
  async (elsewhere) => {
    for (const fetched of [slack(elsewhere), discord(elsewhere)])
      await expect(fetched).rejects.toMatchObject({ code: 'channel.rejected' });
    await expect(whatsapp('6666')).rejects.toMatchObject({ code: 'channel.rejected' });
    expect(asked.map(({ path }) => path)).toEqual(['/6666']);
  },
);

it('follows nobody elsewhere, and tells what passes from what does not', async () => {
  await expect(slack(`${url}/moved`)).rejects.toMatchObject({ code: 'channel.failed' });
  await expect(discord(`${url}/broken`)).rejects.toMatchObject({ code: 'channel.failed' });
  await expect(discord(`${url}/gone`)).rejects.toMatchObject({ code: 'channel.rejected' });
});
