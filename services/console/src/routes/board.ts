import type { FastifyInstance } from 'fastify';
import type { Operators } from '../access/operators.js';
import { isLooking } from '../access/admission.js';
import { createBoard } from '../board/bull-board.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { boardHeaders } from '../http/security-headers.js';

const path = '/queues';

/** `/queues`: Bull Board. A request that was let in goes over to its server whole, body and all. */
export async function boardRoutes(
  app: FastifyInstance,
  parts: ConsoleParts & { readonly operators: Operators },
): Promise<void> {
  const { queues, operators, logger } = parts;
  let loading: Promise<FastifyInstance> | undefined;
  const board = (): Promise<FastifyInstance> => {
    loading ??= createBoard({ path, queues, readOnly: !operators.configured }).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  app.addHook('onClose', async () => {
    await (await loading?.catch(() => undefined))?.close();
  });
  app.addHook('onRequest', async (request, reply) => {
    const server = await board();
    const { method, url, visitor } = request;
    if (!isLooking(method))
      logger.info({ operator: visitor.operator?.name, method, url }, 'an operator acts on queues');
    reply.hijack();
    for (const [name, value] of Object.entries(boardHeaders)) reply.raw.setHeader(name, value);
    server.routing(request.raw, reply.raw);
  });
  const options = { config: { room: 'queues' } } as const;
  const never = async (): Promise<void> => undefined;
  app.all(path, options, never);
  app.all(`${path}/*`, options, never);
}
