import { AppError } from '@queueclaw/contracts';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody } from './error-reply.js';

const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** An error as a whole HTTP/1.1 answer that ends the connection, for where there is no response object. */
export function rawError(error: AppError, status: number = error.status): string {
  const body = JSON.stringify(errorBody(error));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Answers what is not HTTP, or came too slowly, in the shape of every other error, and closes the connection. */
export function answerBrokenRequest(error: Error, socket: Socket): void {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) return void socket.destroy();
  const publicMessage = 'The request is not valid HTTP, or came too slowly.';
  socket.end(rawError(new AppError('request.malformed', { publicMessage }), statuses[code]));
}
