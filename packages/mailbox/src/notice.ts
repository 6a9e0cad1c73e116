import { type PhraseKey, pickLanguage, type Reply, type Route, say } from '@queueclaw/contracts';

export type Notice = {
  /** The same for the same notice, however often it is made. */
  readonly id: string;
  readonly key: PhraseKey;
  readonly values?: Readonly<Record<string, string | number>>;
  readonly route: Route;
  /** BCP 47; undefined: it is said in both languages. */
  readonly language: string | undefined;
};

/** What the system itself has to say to a person, as a reply that answers no message. */
export function noticeOf({ id, key, values, route, language }: Notice): Reply {
  const languages = language === undefined ? (['en', 'zh'] as const) : [pickLanguage(language)];
  const text = languages.map((one) => say(one, key, values)).join('\n\n');
  return { v: 1, id, turn: 0, text, answers: [], status: 'answered', route, at: Date.now() };
}
