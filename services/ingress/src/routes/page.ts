import { webAssets, type WebAsset } from '@queueclaw/channels';
import { AppError } from '@queueclaw/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types dompurify',
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/** The chat page at `/`. It is public; what it shows needs a token where one is configured. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  let assets: Promise<ReadonlyMap<string, WebAsset>> | undefined;
  const load = async (): Promise<ReadonlyMap<string, WebAsset>> => {
    const files = await webAssets();
    return new Map(files.map((file) => [file.path, file]));
  };
  const serve = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    assets ??= load();
    const [path = '/'] = request.url.split('?');
    const asset = (await assets).get(path);
    if (asset === undefined) throw new AppError('route.not_found');
    void reply.headers(headers).header('etag', asset.etag);
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
    return reply.type(asset.type).send(asset.body);
  };
  app.get('/', serve);
  app.get('/assets/*', serve);
}
