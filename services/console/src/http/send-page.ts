import { redact } from '@queueclaw/runtime';
import type { FastifyReply } from 'fastify';
import type { Html } from '../pages/html.js';

/** Answers with a page; no secret of the configuration leaves in it, whoever wrote it into a conversation. */
export function sendPage(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(redact(String(page)));
}

/** Answers a program. */
export function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(redact(JSON.stringify(body)));
}
