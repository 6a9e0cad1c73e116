import { en } from './en.js';
import { zh } from './zh.js';

export type PhraseKey = keyof typeof en;
export type Phrases = Readonly<Record<PhraseKey, string>>;

/** A sentence in the person's language, its `{marks}` filled. */
export type Words = (key: PhraseKey, values?: Readonly<Record<string, string>>) => string;

type Environment = Readonly<Record<string, string | undefined>>;

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (mark, name: string) => values[name] ?? mark);

/** The words in the language of `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set): Chinese, else English. */
export function wordsFor(env: Environment): Words {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  const phrases: Phrases = /^zh([_.-]|$)/i.test(locale) ? zh : en;
  return (key, values = {}) => fill(phrases[key], values);
}
