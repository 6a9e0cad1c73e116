import { requestError } from '@queueclaw/channels';
import { ClientFrame } from '@queueclaw/contracts';
import { parseJsonText } from '../http/json.js';

/** The longest frame that is read; a longer one closes the socket with 1009. */
export const frameBytesMax = 524_288;

/**
 * What a client sent.
 * @throws AppError `request.malformed`, `request.invalid`, `request.text_too_long`, `conversation.invalid`
 */
export function readFrame(data: string): ClientFrame {
  const value = parseJsonText(data);
  const frame = ClientFrame.safeParse(value);
  if (!frame.success) throw requestError(frame.error);
  return frame.data;
}
