import type { FastifyInstance } from 'fastify';
import type { Visitor } from '../access/visitor.js';
import { type ApprovalAction, approvalActions, type ApprovalRow } from '../approval-desk.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendJson, sendPage } from '../http/send-page.js';
import { approvalsPage } from '../pages/approvals-page.js';
import { refusalOf } from '../phrases/index.js';

type Acted = { Querystring: { approval?: string } };
type Shown = { Querystring: { done?: string } };

/** `/approvals` and `/api/approvals`: calls that wait for a person. */
export async function approvalRoutes(app: FastifyInstance, { approvals, logger }: ConsoleParts): Promise<void> {
  const act = async (
    action: ApprovalAction,
    { approval = '' }: Acted['Querystring'],
    { operator }: Visitor,
  ): Promise<ApprovalRow> => {
    if (!/^[0-9a-f]{10}$/.test(approval)) throw refusalOf('request.invalid', 'wrong.approval');
    const by = operator?.name ?? '';
    const row = await approvals.act(action, approval, by);
    const { tenant, conversation, tool } = row;
    logger.info({ operator: by, tenant, conversation, approval, tool, action }, 'an operator decided on a call');
    return row;
  };

  app.get<Shown>('/approvals', async ({ query, visitor }, reply) =>
    sendPage(reply, approvalsPage({ visitor, approvals: await approvals.list(), done: query.done !== undefined })),
  );
  app.get('/api/approvals', async (_request, reply) => sendJson(reply, { approvals: await approvals.list() }));
  for (const action of approvalActions) {
    app.post<Acted>(`/approvals/${action}`, async ({ query, visitor }, reply) => {
      await act(action, query, visitor);
      return reply.redirect('/approvals?done=1', 303);
    });
    app.post<Acted>(`/api/approvals/${action}`, async ({ query, visitor }, reply) =>
      sendJson(reply, { approval: await act(action, query, visitor) }),
    );
  }
}
