import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { startFileServer, testCertificate, testKey } from '@queueclaw/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fetchPublic, type PublicNet } from './fetch-public.js';

let port: number;
let asked: string[] = [];
const server = createServer({ cert: testCertificate, key: testKey }, (request, response) => {
  asked.push(`${request.headers.host} ${request.url}`);
  if (request.url === '/moved') response.writeHead(302, { location: 'https://xmpp.test/file' }).end();
  else if (request.url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<p>');
  else response.writeHead(request.url === '/busy' ? 503 : 200).end('the bytes');
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});
beforeEach(() => void (asked = []));

const never = new AbortController().signal;
const read = async (handle: string, net?: PublicNet, origins: readonly string[] = []): Promise<string> => {
  let text = '';
  const file = { name: 'a', type: undefined, handle };
  for await (const piece of await fetchPublic(file, origins, never, net)) text += Buffer.from(piece).toString();
  return text;
};
/** Where the test's own server counts as the Internet. */
const here: PublicNet = {
  resolve: async () => ['10.0.0.7', '127.0.0.1'],
  isAllowed: (address) => address === '127.0.0.1',
  ca: testCertificate,
};
const at = (path: string): string => `https://xmpp.test:${port}${path}`;

it('asks the very address that was judged, over TLS that is verified for the host', async () => {
  expect(await read(at('/file'), here)).toBe('the bytes');
  expect(asked).toEqual([`xmpp.test:${port} /file`]);
  const { resolve = async () => [], isAllowed = () => false } = here;
  await expect(read(at('/file'), { resolve, isAllowed })).rejects.toMatchObject({ code: 'channel.failed' });
  await expect(read(`https://other.test:${port}/file`, here)).rejects.toMatchObject({ code: 'channel.failed' });
});

it('follows nobody elsewhere, takes no page for a file, and tells what passes', async () => {
  await expect(read(at('/moved'), here)).rejects.toMatchObject({ code: 'channel.rejected' });
  await expect(read(at('/page'), here)).rejects.toMatchObject({ code: 'channel.rejected' });
  await expect(read(at('/busy'), here)).rejects.toMatchObject({ code: 'channel.failed' });
  expect(asked).toHaveLength(3);
});

it('a name that means this machine or its network is not asked', async () => {
  for (const address of ['127.0.0.1', '10.0.0.7', '169.254.169.254', '::1', '::ffff:127.0.0.1'])
    await expect(read(at('/file'), { resolve: async () => [address], ca: testCertificate })).rejects.toMatchObject({
      code: 'channel.failed',
    });
  expect(asked).toEqual([]);
});

it.each([
  ...[
    'http://example.com/a',
    'https://127.0.0.1/a',
    'https://2130706433/',
    'https://[::1]/a',
    'https://[::ffff:7f00:1]/',
  ],
  ...[
    'https://169.254.169.254/latest',
    'https://me:secret@example.com/a',
    'ftp://example.com/a',
    'aesgcm://example.com/a',
  ],
  ...['file:///etc/passwd', 'no address', ''],
])('%j is no address to ask', async (handle) => {
  await expect(read(handle)).rejects.toMatchObject({ code: 'channel.rejected' });
});

it('an origin of the operator’s is asked as it is, and no other one', async () => {
  const lying = await startFileServer();
  const address = lying.keep(Buffer.from('near'));
  expect(await read(address, undefined, [lying.url])).toBe('near');
  await expect(read(address, undefined, ['http://127.0.0.1:1', 'nonsense'])).rejects.toMatchObject({
    code: 'channel.rejected',
  });
  await lying.close();
});
