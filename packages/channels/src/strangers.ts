const againMs = 3_600_000;
const rememberedMax = 10_000;

const sentence = (id: string, language: string | undefined): string =>
  language?.startsWith('zh')
    ? `我只和认识的人说话。请让管理员把您的编号 ${id} 加入允许列表。`
    : `I only talk to people I know. Ask my operator to allow your id: ${id}`;

/** Tells people who are not allowed their id, so that they can ask for it; each at most once an hour. Never rejects. */
export function strangers(): (
  id: string,
  language: string | undefined,
  say: (text: string) => Promise<unknown>,
) => Promise<void> {
  const told = new Map<string, number>();
  return async (id, language, say) => {
    if (Date.now() - (told.get(id) ?? -againMs) < againMs) return;
    if (told.size >= rememberedMax) told.clear();
    told.set(id, Date.now());
    await say(sentence(id, language)).catch(() => undefined);
  };
}
