import type { FastifyInstance } from 'fastify';
import type { ServerParts } from '../http/server-parts.js';

/** `/healthz`: the process is alive. `/readyz`, also as `/health`: it serves, and what it needs is there; else 503. */
export async function healthRoutes(app: FastifyInstance, { phase, status }: ServerParts): Promise<void> {
  app.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
  for (const path of ['/readyz', '/health'])
    app.get(path, async (_request, reply) => {
      const { ok, checks } = await status();
      const ready = ok && phase() === 'serving';
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: ready ? 'ok' : 'unavailable', phase: phase(), checks });
    });
}
