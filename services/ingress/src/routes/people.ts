import { AppError } from '@queueclaw/contracts';
import type { Person, People } from '@queueclaw/conversations';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { callerOf, type Guard } from '../access/guard.js';
import type { ServerParts } from '../http/server-parts.js';

type One = { Params: { channel: string; id: string } };

const personOf = (request: FastifyRequest<One>): Person => {
  const { channel, id } = request.params;
  if (channel.length > 32 || id.length > 256 || id === '')
    throw new AppError('request.invalid', { publicMessage: 'channel: at most 32 characters; id: at most 256' });
  return { tenant: callerOf(request).tenant, channel, id };
};

/** `/api/people/:channel/:id`: everything that a person has, as the channel names them; and its end. For operators. */
export async function peopleRoutes(
  app: FastifyInstance,
  { conversations, guard }: ServerParts & { readonly guard: Guard },
): Promise<void> {
  const operate = { onRequest: guard('operate') };
  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.header('cache-control', 'no-store');
    done();
  });

  app.get<One>('/api/people/:channel/:id/export', operate, async (request, reply) =>
    reply
      .type('application/jsonl; charset=utf-8')
      .header('content-disposition', 'attachment; filename="person.jsonl"')
      .send(Readable.from(lines(conversations.people, personOf(request)))),
  );

  app.delete<One>('/api/people/:channel/:id', operate, async (request) =>
    conversations.people.forget(personOf(request)),
  );
}

async function* lines(people: People, person: Person): AsyncIterable<string> {
  for await (const line of people.export(person)) yield `${JSON.stringify(line)}\n`;
}
