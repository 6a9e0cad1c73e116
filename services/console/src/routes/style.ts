import type { FastifyInstance } from 'fastify';
import { styleSheet } from '../pages/style-sheet.js';

/** `/console.css`, `/healthz` (alive), and no icon, which browsers ask for unasked. */
export async function styleRoutes(app: FastifyInstance): Promise<void> {
  const config = { room: 'open', always: true } as const;
  app.get('/console.css', { config }, async (_request, reply) =>
    reply.header('cache-control', 'max-age=300').type('text/css; charset=utf-8').send(styleSheet),
  );
  app.get('/favicon.ico', { config }, async (_request, reply) => reply.code(204).send());
  app.get('/healthz', { config }, async () => ({ status: 'ok', service: 'console' }));
}
