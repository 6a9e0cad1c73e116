import { MessageRequest } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from '../contract.js';
import { requestError } from '../request-error.js';
import { written } from '../written.js';

/**
 * The body of `POST /api/message` as mail.
 * @throws AppError `request.invalid`, `request.text_too_long`, `conversation.invalid`
 */
export function parseMessageRequest(payload: unknown, context: ParseContext): Incoming {
  const request = MessageRequest.safeParse(payload);
  if (!request.success) throw requestError(request.error);
  return written('http', request.data, context);
}

/** The receive half of the contract. */
export function parse(payload: unknown, context: ParseContext): readonly Incoming[] {
  return [parseMessageRequest(payload, context)];
}
