import { Validator } from '@seriousme/openapi-schema-validator';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import type { Guard } from '../../access/guard.js';
import type { ServerParts } from '../../http/server-parts.js';
import { allRoutes } from '../all.js';
import { openApiDocument } from './document.js';
import { operations } from './operations.js';

const scopes = new Map<unknown, string>();
const guard: Guard = (scope) => {
  const hook: ReturnType<Guard> = (_request, _reply, done) => done();
  scopes.set(hook, scope);
  return hook;
};

/** `GET /api/x/{id} read` for every address that programs call. */
async function routes(): Promise<string[]> {
  const found: string[] = [];
  const app = fastify();
  app.addHook('onRoute', ({ method, url, onRequest }) => {
    const pages =
      url === '/' ||
      url === '/health' ||
      url.startsWith('/assets') ||
      url.startsWith('/docs') ||
      url.startsWith('/channels');
    if (method === 'HEAD' || method === 'OPTIONS' || pages) return;
    const path = url.replaceAll(/:(\w+)/g, '{$1}');
    const scope = [onRequest]
      .flat()
      .map((hook) => scopes.get(hook))
      .find((name) => name !== undefined);
    found.push(`${String(method).toLowerCase()} ${path} ${scope ?? 'open'}`);
  });
  // Only registered, never asked.
  await app.register(allRoutes, { guard } as Partial<ServerParts> as ServerParts & { guard: Guard });
  await app.ready();
  await app.close();
  return found.toSorted();
}

test('describes every call of the public API with its scope, and no other', async () => {
  const described = operations.map(({ method, path, scope }) => `${method} ${path} ${scope ?? 'open'}`);
  expect(described.toSorted()).toEqual(await routes());
});

test('is a valid OpenAPI 3.1 document', async () => {
  const document = structuredClone(openApiDocument());
  const { valid, errors } = await new Validator().validate(document);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('names the parameters of every path', () => {
  for (const { path, params = {} } of operations) {
    expect(Object.keys(params)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  }
});
