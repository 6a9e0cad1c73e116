import { markupProblem, plain } from './shown-html.js';

const textMax = 4_096;

/** A message that a bot sent and the platform took. */
export type SentMessage = {
  readonly chat: string;
  readonly text: string;
  readonly html: boolean;
  readonly thread: number | undefined;
  readonly replyTo: number | undefined;
  /** What stands on its buttons and what comes back, row by row; only of messages that have some. */
  readonly keyboard?: readonly (readonly { readonly text: string; readonly callback_data: string }[])[];
};

/** A message as people see it, or why Telegram does not take it. */
export function readMessage(body: Readonly<Record<string, unknown>>): SentMessage | string {
  const text = String(body['text'] ?? '');
  const html = body['parse_mode'] === 'HTML';
  const problem = html ? markupProblem(text) : undefined;
  if (problem !== undefined) return `can't parse entities: ${problem}`;
  const seen = html ? plain(text) : text;
  if (seen.length > textMax) return 'message is too long';
  if (seen.trim() === '') return 'message text is empty';
  const replyTo = (body['reply_parameters'] as { message_id?: number } | undefined)?.message_id;
  const thread = body['message_thread_id'] as number | undefined;
  const keyboard = (body['reply_markup'] as { inline_keyboard?: NonNullable<SentMessage['keyboard']> } | undefined)
    ?.inline_keyboard;
  if (keyboard?.flat().some(({ callback_data: data }) => Buffer.byteLength(data) > 64) === true)
    return 'BUTTON_DATA_INVALID';
  const shown = keyboard === undefined ? {} : { keyboard };
  return { chat: String(body['chat_id']), text: seen, html, thread, replyTo, ...shown };
}
