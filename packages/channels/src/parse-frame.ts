import { ClientFrame } from '@queueclaw/contracts';
import type { Incoming, ParseContext } from './contract.js';
import { requestError } from './request-error.js';
import { written } from './written.js';

/**
 * A frame of `/ws` as mail for a channel that talks WebSocket; frames other than `send` are not mail.
 * @throws AppError `request.invalid`, `request.text_too_long`, `conversation.invalid`
 */
export function parseFrame(channel: string, payload: unknown, context: ParseContext): readonly Incoming[] {
  const frame = ClientFrame.safeParse(payload);
  if (!frame.success) throw requestError(frame.error);
  return frame.data.type === 'send' ? [written(channel, frame.data, context)] : [];
}
