import { en } from './en.js';
import { zh } from './zh.js';

export type PhraseKey = keyof typeof en;
export type Phrases = Readonly<Record<PhraseKey, string>>;

/** A sentence in the person's language, its `{marks}` filled. */
export type Words = (key: PhraseKey, values?: Readonly<Record<string, string>>) => string;

type Environment = Readonly<Record<string, string | undefined>>;

const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (mark, name: string) => values[name] ?? mark);

const localeIn = (env: Environment): string => env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';

/** The language of `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set), BCP 47; undefined for `C` and what is none. */
export function languageIn(env: Environment): string | undefined {
  const [, language, region] = /^([a-z]{2,3})(?:[_-]([A-Z]{2}))?(?:[.@]|$)/.exec(localeIn(env)) ?? [];
  return language === undefined || region === undefined ? language : `${language}-${region}`;
}

/** The words in the language of the environment: Chinese, else English. */
export function wordsFor(env: Environment): Words {
  const phrases: Phrases = /^zh([_.-]|$)/i.test(localeIn(env)) ? zh : en;
  return (key, values = {}) => fill(phrases[key], values);
}
