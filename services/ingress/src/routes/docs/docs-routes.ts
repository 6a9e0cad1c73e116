import { AppError } from '@queueclaw/contracts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>QueueClaw API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });\n`;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const javascript = 'text/javascript; charset=utf-8';
const library: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': javascript,
};

/**
 * `/docs`: the public API as a page (Swagger UI), and `/docs/openapi.json`: as an OpenAPI 3.1 document. Open to everybody, like
 * the chat page; what is tried from there needs a token where one is configured. Nothing is read before somebody looks.
 */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  let document: Promise<string> | undefined;
  const send = (reply: FastifyReply, type: string, body: string | Buffer): FastifyReply =>
    reply.headers(headers).type(type).send(body);

  app.get('/docs', async (_request, reply) => send(reply, 'text/html; charset=utf-8', page));
  app.get('/docs/start.js', async (_request, reply) => send(reply, javascript, start));
  app.get('/docs/openapi.json', async (_request, reply) => {
    document ??= import('./document.js').then(({ openApiDocument }) => JSON.stringify(openApiDocument()));
    return send(reply, 'application/json; charset=utf-8', await document);
  });
  app.get<{ Params: { file: string } }>('/docs/:file', async ({ params: { file } }, reply) => {
    const type = Object.hasOwn(library, file) ? library[file] : undefined;
    if (type === undefined) throw new AppError('route.not_found');
    return send(reply, type, await readFile(resolve(`swagger-ui-dist/${file}`)));
  });
}
