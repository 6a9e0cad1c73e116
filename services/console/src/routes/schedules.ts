import type { FastifyInstance } from 'fastify';
import type { Visitor } from '../access/visitor.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendJson, sendPage } from '../http/send-page.js';
import { schedulesPage } from '../pages/schedules-page.js';
import { refusalOf } from '../phrases/index.js';
import { type ScheduleAction, scheduleActions, type ScheduleRow } from '../schedule-desk.js';

type Acted = { Querystring: { id?: string } };
type Shown = { Querystring: { done?: string } };

/** `/schedules` and `/api/schedules`: what comes to conversations at other times. */
export async function scheduleRoutes(app: FastifyInstance, { schedules, logger }: ConsoleParts): Promise<void> {
  const act = async (
    action: ScheduleAction,
    { id = '' }: Acted['Querystring'],
    { operator }: Visitor,
  ): Promise<ScheduleRow> => {
    if (!/^[a-z0-9]{4,32}$/.test(id)) throw refusalOf('request.invalid', 'wrong.schedule');
    const schedule = await schedules.act(action, id);
    const { tenant, conversation } = schedule;
    logger.info({ operator: operator?.name, tenant, conversation, schedule: id, action }, 'a schedule was changed');
    return schedule;
  };

  app.get<Shown>('/schedules', async ({ query, visitor }, reply) =>
    sendPage(reply, schedulesPage({ visitor, schedules: await schedules.list(), done: query.done !== undefined })),
  );
  app.get('/api/schedules', async (_request, reply) => sendJson(reply, { schedules: await schedules.list() }));
  for (const action of scheduleActions) {
    app.post<Acted>(`/schedules/${action}`, async ({ query, visitor }, reply) => {
      await act(action, query, visitor);
      return reply.redirect('/schedules?done=1', 303);
    });
    app.post<Acted>(`/api/schedules/${action}`, async ({ query, visitor }, reply) =>
      sendJson(reply, { schedule: await act(action, query, visitor) }),
    );
  }
}
