import { AppError, type Choice, type Route } from '@queueclaw/contracts';
import type { Api } from 'grammy';
import type { Outgoing } from '../contract.js';
import { failureOf, isMarkupError, isUnchanged } from './failure.js';

/** grammY's type of signals is older than the platform's. */
type Signal = Parameters<Api['getMe']>[0];

const buttonsPerRow = 3;

/** Buttons in rows; what comes back is the choice's text. */
function keyboard(buttons: readonly Choice[]): { text: string; callback_data: string }[][] {
  const keys = buttons.map(({ label, text }) => ({ text: label, callback_data: text }));
  return Array.from({ length: Math.ceil(keys.length / buttonsPerRow) }, (_, row) =>
    keys.slice(row * buttonsPerRow, (row + 1) * buttonsPerRow),
  );
}

const usual = ({ buttons }: Outgoing): object => ({
  link_preview_options: { is_disabled: true },
  ...(buttons === undefined ? {} : { reply_markup: { inline_keyboard: keyboard(buttons) } }),
});

/** As HTML, or plain where Telegram cannot read that. */
async function inMarkupOrPlain<T>(
  { text, body }: Outgoing,
  say: (text: string, more: { readonly parse_mode?: 'HTML' }) => Promise<T>,
): Promise<T> {
  try {
    return await say(String(body), { parse_mode: 'HTML' }).catch((thrown: unknown) =>
      isMarkupError(thrown) ? say(text, {}) : Promise.reject(thrown),
    );
  } catch (thrown) {
    throw failureOf(thrown);
  }
}

/** Sends a message; resolves to its id. @throws AppError `channel.failed`, `channel.rejected` */
export async function sendMessage(
  api: Api,
  out: Outgoing,
  { address = {} }: Route,
  signal: AbortSignal,
): Promise<string> {
  const { chat, thread, message } = address;
  if (chat === undefined) throw new AppError('channel.rejected');
  const options = {
    ...usual(out),
    ...(thread === undefined ? {} : { message_thread_id: Number(thread) }),
    ...(message === undefined
      ? {}
      : { reply_parameters: { message_id: Number(message), allow_sending_without_reply: true } }),
  };
  const sent = await inMarkupOrPlain(out, (text, more) =>
    api.sendMessage(chat, text, { ...options, ...more }, signal as unknown as Signal),
  );
  return String(sent.message_id);
}

/** Makes a message another one. @throws AppError `channel.failed`, `channel.rejected` */
export async function editMessage(
  api: Api,
  id: string,
  out: Outgoing,
  { address = {} }: Route,
  signal: AbortSignal,
): Promise<void> {
  const { chat } = address;
  if (chat === undefined) throw new AppError('channel.rejected');
  await inMarkupOrPlain(out, async (text, more) => {
    const change = api.editMessageText(chat, Number(id), text, { ...usual(out), ...more }, signal as unknown as Signal);
    await change.catch((thrown: unknown) => (isUnchanged(thrown) ? undefined : Promise.reject(thrown)));
  });
}
