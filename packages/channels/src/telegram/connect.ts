import { AppError, type Language } from '@queueclaw/contracts';
import { Api } from 'grammy';
import type { ChannelDoor, Connection } from '../contract.js';
import type { TelegramConfig } from './config.js';
import { failureOf } from './failure.js';
import { fetchFile } from './fetch-file.js';
import { poll } from './poll.js';
import { sendFile } from './send-file.js';
import { editMessage, sendMessage } from './send-message.js';
import { Update } from './update.js';
import { webhookOf } from './webhook.js';

/** grammY's type of signals is older than the platform's. */
type Signal = Parameters<Api['getMe']>[0];
const as = (signal: AbortSignal): Signal => signal as unknown as Signal;

const callSeconds = 20;
const heard = ['message', 'callback_query'] as const;
const ackMs = 5_000;
const soon = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(ackMs)]);

/**
 * Connects one bot: asks who it is. Listening polls for updates, or Telegram calls where the settings say so; an update is
 * confirmed to Telegram after its mail is durable, so one that comes again is recognised by its id.
 * @throws AppError `channel.failed`, `channel.rejected` when Telegram does not know the token
 */
export async function connect(config: TelegramConfig, door: ChannelDoor): Promise<Connection> {
  const root = config.api_root.replace(/\/$/, '');
  const api = new Api(config.token, { apiRoot: root, timeoutSeconds: callSeconds + 30 });
  const { username } = await api.getMe(as(door.signal)).catch((thrown: unknown) => Promise.reject(failureOf(thrown)));

  const take = async (raw: unknown, signal: AbortSignal): Promise<void> => {
    const update = Update.safeParse(raw);
    if (!update.success) return;
    await door.receive(update.data);
    const press = update.data.callback_query;
    // Until it is answered, the button shows that something is under way; too late is too late.
    if (press !== undefined) await api.answerCallbackQuery(press.id, {}, as(soon(signal))).catch(() => undefined);
  };
  const listen = async (signal: AbortSignal): Promise<void> =>
    poll({
      // Telegram refuses to be asked while it is to call; what waits there stays.
      begin: () => api.deleteWebhook({ drop_pending_updates: false }, as(signal)),
      fetch: (offset, until) =>
        api.getUpdates({ offset, timeout: callSeconds, limit: 100, allowed_updates: heard }, as(until)),
      take: (raw) => take(raw, signal),
      trouble: door.trouble,
      signal,
    });
  const { webhook_url: base, webhook_secret: secret } = config;
  const called = base !== undefined && secret !== undefined;
  if (called) {
    const url = `${base.replace(/\/$/, '')}/channels/telegram/${encodeURIComponent(door.account)}`;
    // Every replica says the same.
    await api
      .setWebhook(url, { secret_token: secret, allowed_updates: heard }, as(door.signal))
      .catch((thrown: unknown) => Promise.reject(failureOf(thrown)));
  }

  return {
    self: username,
    title: `@${username}`,
    commands: async (menu, signal) => {
      const list = (language: Language): { command: string; description: string }[] =>
        menu.map(({ name, description }) => ({ command: name, description: description[language] }));
      try {
        await api.setMyCommands(list('en'), {}, as(signal));
        await api.setMyCommands(list('zh'), { language_code: 'zh' }, as(signal));
      } catch (thrown) {
        throw failureOf(thrown);
      }
    },
    send: (out, to, _key, signal) => {
      const until = AbortSignal.any([door.signal, signal]);
      return out.file === undefined ? sendMessage(api, out, to, until) : sendFile(api, out.file, to, until);
    },
    edit: (id, out, to, signal) => editMessage(api, id, out, to, AbortSignal.any([door.signal, signal])),
    discard: async (id, { address = {} }, signal) => {
      const { chat } = address;
      if (chat === undefined) throw new AppError('channel.rejected');
      await api.deleteMessage(chat, Number(id), as(signal)).catch((e: unknown) => Promise.reject(failureOf(e)));
    },
    fetch: (file, signal) => fetchFile(api, { token: config.token, root }, file, signal),
    ...(config.reaction === undefined
      ? {}
      : {
          seen: async ({ address = {} }, signal) => {
            const { chat, said } = address;
            if (chat === undefined || said === undefined) return;
            const sign = [{ type: 'emoji' as const, emoji: config.reaction ?? '👀' }];
            const put = api.setMessageReaction(chat, Number(said), sign, {}, as(signal));
            await put.catch((e: unknown) => Promise.reject(failureOf(e)));
          },
        }),
    typing: async ({ address = {} }, signal) => {
      const { chat, thread } = address;
      if (chat === undefined) return;
      const where = thread === undefined ? {} : { message_thread_id: Number(thread) };
      await api.sendChatAction(chat, 'typing', where, as(signal)).catch((e: unknown) => Promise.reject(failureOf(e)));
    },
    ...(called ? { webhook: webhookOf(secret, (raw) => take(raw, door.signal)) } : { listen }),
    stop: async () => undefined,
  };
}
