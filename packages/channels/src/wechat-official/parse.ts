import type { Incoming, ParseContext } from '../contract.js';
import { parseWeChat } from '../wechat-message.js';

/** The fields of a call as mail. @throws AppError `request.invalid` for what is no message */
export const parse = (payload: unknown, context: ParseContext): readonly Incoming[] =>
  parseWeChat('wechat-official', payload, context);

/** Where a person is reached, by WeChat's own id. */
export const addressOf = (to: string): { to: string } => ({ to: to.slice(0, 512) });
