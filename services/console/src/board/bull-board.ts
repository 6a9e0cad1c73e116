import { redact } from '@queueclaw/runtime';
import { fastify, type FastifyInstance } from 'fastify';
import { isAllowedOnBoard } from './board-actions.js';
import type { QueueView } from './view-queues.js';
import { visibleData } from './visible-data.js';

export type BullBoardOptions = {
  /** The path it is served at, without a slash at the end. */
  readonly path: string;
  readonly queues: readonly QueueView[];
  /** Nobody may act: buttons are not shown. */
  readonly readOnly: boolean;
};

/**
 * Bull Board as a server of its own, to which requests are handed that have been let in. Loads its code when called, as it
 * would slow every start.
 */
export async function createBoard({ path, queues, readOnly }: BullBoardOptions): Promise<FastifyInstance> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ]);
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(path);
  createBullBoard({
    serverAdapter,
    queues: queues.map(({ prefix, queue }) => {
      const adapter = new BullMQAdapter(queue, { prefix, readOnlyMode: readOnly });
      adapter.setFormatter('data', visibleData);
      return adapter;
    }),
    options: {
      uiConfig: {
        boardTitle: 'QueueClaw',
        hideDocsLink: true,
        showWorkers: false,
        miscLinks: [{ text: 'Console', url: '/' }],
      },
      handlerHooks: {
        before: async ({ method, route, request }) => {
          const params = request.params ?? {};
          const stateOfJob = async (): Promise<string | undefined> => {
            const job = await request.queues.get(String(params['queueName']))?.getJob(String(params['jobId']));
            return job?.getState();
          };
          const allow = await isAllowedOnBoard({ method, route, params, stateOfJob });
          return { allow, ...(allow ? {} : { status: 403, message: 'The console does not do this.' }) };
        },
      },
    },
  });
  const app = fastify({ logger: false, bodyLimit: 65_536, routerOptions: { maxParamLength: 1_024 } });
  app.addHook('onSend', async (_request, reply, payload) => {
    if (typeof payload !== 'string') return payload;
    const type = String(reply.getHeader('content-type'));
    if (type.startsWith('application/json')) return redact(payload);
    // Its fonts come from another site, which need not know who looks at queues.
    return type.startsWith('text/html') ? payload.replace(/<link[^>]*fonts\.googleapis[^>]*>/, '') : payload;
  });
  await app.register(serverAdapter.registerPlugin(), { prefix: path });
  await app.ready();
  return app;
}
