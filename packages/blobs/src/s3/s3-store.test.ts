import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { BlobsConfig } from '@queueclaw/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../contract.js';
import { openS3Store } from './index.js';

const key = { tenant: 'acme', sha256: 'a'.repeat(64) };
const times = { connectionTimeout: 200, socketTimeout: 100, requestTimeout: 150 };
let server: Server;
let store: Store;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request) => void asked.push(`${request.method} ${request.url}`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = { access_key: 'a-key', secret_key: 'a-secret' };
  store = openS3Store(BlobsConfig.parse({ provider: 's3', bucket: 'b', endpoint, ...access }), times);
});
afterEach(() => {
  store.close();
  server.closeAllConnections();
  server.close();
});

it('gives a server up that takes requests and never answers', async () => {
  await expect(store.touch(key)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(asked.length).toBeGreaterThan(1);
  expect(new Set(asked)).toEqual(new Set([`HEAD /b/acme/${'a'.repeat(64)}`]));
});
