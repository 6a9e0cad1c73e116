import { en } from './en.js';
import { saidEn } from './said-en.js';
import { saidZh } from './said-zh.js';
import { zh } from './zh.js';

export type HelpPhrases = Readonly<Record<keyof typeof en, string>>;
export type PhraseKey = keyof typeof en | keyof typeof saidEn;
type Phrases = Readonly<Record<PhraseKey, string>>;

const catalogues: Readonly<Record<'en' | 'zh', Phrases>> = { en: { ...en, ...saidEn }, zh: { ...zh, ...saidZh } };

/** A sentence in the person's language, its `{marks}` filled. */
export type Words = (key: PhraseKey, values?: Readonly<Record<string, string | number>>) => string;

type Environment = Readonly<Record<string, string | undefined>>;

const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (mark, name: string) => String(values[name] ?? mark));

const localeIn = (env: Environment): string => env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';

/** The language of `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set), BCP 47; undefined for `C` and what is none. */
export function languageIn(env: Environment): string | undefined {
  const [, language, region] = /^([a-z]{2,3})(?:[_-]([A-Z]{2}))?(?:[.@]|$)/.exec(localeIn(env)) ?? [];
  return language === undefined || region === undefined ? language : `${language}-${region}`;
}

/** The language of the environment of those we speak: Chinese, else English. */
export const ourLanguageIn = (env: Environment): 'en' | 'zh' => (/^zh([_.-]|$)/i.test(localeIn(env)) ? 'zh' : 'en');

/** The words in the language of the environment. */
export function wordsFor(env: Environment): Words {
  const phrases = catalogues[ourLanguageIn(env)];
  return (key, values = {}) => fill(phrases[key], values);
}

/** Says something in the language of the terminal that this process runs in. */
export const tell: Words = (key, values) => wordsFor(process.env)(key, values);
