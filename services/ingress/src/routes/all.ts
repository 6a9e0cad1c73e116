import type { FastifyInstance } from 'fastify';
import type { Guard } from '../access/guard.js';
import type { ServerParts } from '../http/server-parts.js';
import { attachmentRoutes } from './attachments.js';
import { conversationRoutes } from './conversations.js';
import { docsRoutes } from './docs/docs-routes.js';
import { healthRoutes } from './health.js';
import { messageRoutes } from './messages.js';
import { completionRoutes } from './openai/completion-routes.js';
import { pageRoutes } from './page.js';
import { peopleRoutes } from './people.js';
import { webhookRoutes } from './webhooks.js';

/** Every address of the public server but the socket's. What is below /api, /v1 and health is described in docs/operations.ts. */
export async function allRoutes(app: FastifyInstance, parts: ServerParts & { readonly guard: Guard }): Promise<void> {
  await app.register(messageRoutes, parts);
  await app.register(conversationRoutes, parts);
  await app.register(attachmentRoutes, parts);
  await app.register(peopleRoutes, parts);
  await app.register(completionRoutes, parts);
  await app.register(webhookRoutes, parts);
  await app.register(healthRoutes, parts);
  await app.register(pageRoutes, {});
  await app.register(docsRoutes, {});
}
