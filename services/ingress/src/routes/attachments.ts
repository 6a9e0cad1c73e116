import { AppError, AttachmentId, attachmentName } from '@queueclaw/contracts';
import type { FastifyInstance } from 'fastify';
import { callerOf, type Guard } from '../access/guard.js';
import { uploadsAtOnce } from '../attachments/uploads-at-once.js';
import type { ServerParts } from '../http/server-parts.js';

type Query = { Querystring: { name?: unknown } };

/** Whatever somebody has uploaded, a browser saves it and never runs it as a page of ours. */
const inert = {
  'content-type': 'application/octet-stream',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const nameIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? attachmentName(value) : undefined;

/** `Content-Disposition` of a download (RFC 6266; the name as RFC 8187 says). */
const disposition = (name: string | undefined): string => {
  if (name === undefined) return 'attachment';
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  return `attachment; filename*=UTF-8''${encoded}`;
};

/** `POST /api/attachments`: the body is the file, whatever its type; `GET /api/attachments/:id`. */
export async function attachmentRoutes(
  app: FastifyInstance,
  parts: ServerParts & { readonly guard: Guard },
): Promise<void> {
  const { blobs, guard } = parts;
  const uploads = uploadsAtOnce();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  app.post<Query>('/api/attachments', { onRequest: guard('chat') }, async (request, reply) => {
    const { tenant, id: caller } = callerOf(request);
    const { 'content-length': length, 'transfer-encoding': coding, 'content-type': type } = request.headers;
    if (coding === undefined && Number(length ?? 0) === 0)
      throw new AppError('request.invalid', { publicMessage: 'The body is the file, and it is empty.' });
    const about = { name: nameIn(request.query.name), type, bytes: length === undefined ? undefined : Number(length) };
    try {
      // The request outlives its stream: a refusal must still reach the client.
      const bytes = request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      const attachment = await uploads.run(caller, () => blobs.put(tenant, bytes, about));
      return await reply.code(201).header('location', `/api/attachments/${attachment.id}`).send(attachment);
    } catch (thrown) {
      // What is still on its way is thrown away, for at most as long as a request may take.
      request.raw.resume();
      throw thrown;
    }
  });

  app.get<Query & { Params: { id: string } }>(
    '/api/attachments/:id',
    { onRequest: guard('read') },
    async (request, reply) => {
      const { tenant } = callerOf(request);
      const { id } = request.params;
      const found = AttachmentId.safeParse(id).success ? await blobs.get(tenant, id) : undefined;
      if (found === undefined) throw new AppError('route.not_found');
      return reply
        .headers({ ...inert, 'content-disposition': disposition(nameIn(request.query.name)) })
        .header('content-length', found.size)
        .send(found.stream);
    },
  );
}
