import type { Incoming, ParseContext } from '../contract.js';
import { parseFrame } from '../parse-frame.js';

/** The receive half: frames of `/ws`. */
export function parse(payload: unknown, context: ParseContext): readonly Incoming[] {
  return parseFrame('websocket', payload, context);
}
