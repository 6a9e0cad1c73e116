import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';

/** A bare Fastify that parses a JSON body and answers 202: what ingress is measured against. */
const require = createRequire(new URL('../../services/ingress/package.json', import.meta.url));
const { fastify } = require('fastify') as { fastify: () => FastifyInstance };
const app = fastify();
app.post('/api/message', async (request, reply) => {
  const { id } = request.body as { id: string };
  return reply.code(202).send({ id, status: 'accepted' });
});
await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
process.send?.({ port: address !== null && typeof address === 'object' ? address.port : 0 });
