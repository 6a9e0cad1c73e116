import type { PairingAccount } from '@queueclaw/mailbox';
import type { FastifyInstance } from 'fastify';
import type { Visitor } from '../access/visitor.js';
import type { ConsoleParts } from '../http/console-parts.js';
import { sendJson, sendPage } from '../http/send-page.js';
import { pairingPage } from '../pages/pairing-page.js';
import { refusalOf } from '../phrases/index.js';
import { tenantOf } from './parameters.js';

type Approval = { Querystring: { code?: string } };
type Revocation = { Querystring: { tenant?: string; account?: string; person?: string } };
type Shown = { Querystring: { done?: string } };

const charsMax = 256;

const given = (value: string | undefined, name: string): string => {
  if (value !== undefined && value !== '' && value.length <= charsMax) return value;
  throw refusalOf('request.invalid', 'wrong.missing', { name });
};

/** `/pairing` and `/api/pairings`: who asks to write to the assistant, and who may. */
export async function pairingRoutes(app: FastifyInstance, { pairing, logger }: ConsoleParts): Promise<void> {
  const approve = async (
    { code }: Approval['Querystring'],
    { operator }: Visitor,
  ): Promise<PairingAccount & { readonly person: string }> => {
    const by = operator?.name ?? '';
    const approved = await pairing.approve(given(code, 'code'), by);
    const { tenant, account, person } = approved;
    logger.info({ operator: by, tenant, account, person }, 'a person was approved');
    return approved;
  };
  const revoke = async (
    { tenant, account, person }: Revocation['Querystring'],
    { operator }: Visitor,
  ): Promise<PairingAccount & { readonly person: string }> => {
    const wanted = tenant === undefined ? undefined : tenantOf(tenant);
    const who = given(person, 'person');
    const revoked = { ...(await pairing.revoke(wanted, given(account, 'account'), who)), person: who };
    logger.info({ operator: operator?.name, ...revoked }, "a person's approval was revoked");
    return revoked;
  };

  app.get<Shown>('/pairing', async ({ query, visitor }, reply) =>
    sendPage(reply, pairingPage({ visitor, ...(await pairing.list()), done: query.done })),
  );
  app.post<Approval>('/pairing/approve', async ({ query, visitor }, reply) => {
    await approve(query, visitor);
    return reply.redirect('/pairing?done=approve', 303);
  });
  app.post<Revocation>('/pairing/revoke', async ({ query, visitor }, reply) => {
    await revoke(query, visitor);
    return reply.redirect('/pairing?done=revoke', 303);
  });

  app.get('/api/pairings', async (_request, reply) => sendJson(reply, await pairing.list()));
  app.post<Approval>('/api/pairings/approve', async ({ query, visitor }, reply) =>
    sendJson(reply, { approved: await approve(query, visitor) }),
  );
  app.post<Revocation>('/api/pairings/revoke', async ({ query, visitor }, reply) =>
    sendJson(reply, { revoked: await revoke(query, visitor) }),
  );
}
