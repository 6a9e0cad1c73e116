import type { AppError } from '@queueclaw/contracts';
import type { FastifyReply } from 'fastify';
import { errorBody } from '../../http/error-reply.js';

/** Server-sent events, as OpenAI's clients read them. Nothing is sent before the first event. */
export type EventStream = {
  send(data: unknown): void;
  fail(error: AppError): void;
  done(): void;
  started(): boolean;
  end(): void;
};

/** A comment this often, so that nobody between takes a long tool call for a dead connection. */
const aliveEveryMs = 15_000;

/** Takes a reply over for events. See the HTML standard, section 9.2 (server-sent events). */
export function eventStream(reply: FastifyReply): EventStream {
  const { raw } = reply;
  let alive: NodeJS.Timeout | undefined;
  const write = (text: string): void => {
    if (alive === undefined) {
      reply.hijack();
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
      alive = setInterval(() => raw.write(': still working\n\n'), aliveEveryMs);
    }
    if (!raw.writableEnded) raw.write(text);
  };
  return {
    send: (data) => write(`data: ${JSON.stringify(data)}\n\n`),
    fail: (error) => write(`data: ${JSON.stringify(errorBody(error))}\n\n`),
    done: () => write('data: [DONE]\n\n'),
    started: () => alive !== undefined,
    end: () => {
      clearInterval(alive);
      if (alive !== undefined && !raw.writableEnded) raw.end();
    },
  };
}
