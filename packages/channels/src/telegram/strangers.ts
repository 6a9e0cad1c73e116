import type { Update } from './update.js';

const againMs = 3_600_000;
const rememberedMax = 10_000;

const sentence = (id: number, language: string | undefined): string =>
  language?.startsWith('zh')
    ? `我只和认识的人说话。请让管理员把您的编号 ${id} 加入允许列表。`
    : `I only talk to people I know. Ask my operator to allow your id: ${id}`;

/** Tells people who are not allowed their id, so that they can ask for it; each at most once an hour. Never rejects. */
export function tellStrangers(
  say: (chat: number, text: string) => Promise<unknown>,
): (update: Update) => Promise<void> {
  const told = new Map<number, number>();
  return async ({ message }) => {
    if (message?.from === undefined) return;
    const { id, language_code: language } = message.from;
    if (Date.now() - (told.get(id) ?? -againMs) < againMs) return;
    if (told.size >= rememberedMax) told.clear();
    told.set(id, Date.now());
    await say(message.chat.id, sentence(id, language)).catch(() => undefined);
  };
}
