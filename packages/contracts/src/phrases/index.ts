import { en } from './en.js';
import { zh } from './zh.js';

export type PhraseKey = keyof typeof en;
export type Phrases = Readonly<Record<PhraseKey, string>>;
export type Language = 'en' | 'zh';

const catalogues: Readonly<Record<Language, Phrases>> = { en, zh };

/** The catalogue's language for a BCP 47 tag or an Accept-Language header; English when none fits. */
export function pickLanguage(...wishes: readonly (string | undefined)[]): Language {
  for (const wish of wishes) {
    for (const tag of (wish ?? '').toLowerCase().split(',')) {
      if (tag.trim().startsWith('zh')) return 'zh';
      if (tag.trim().startsWith('en')) return 'en';
    }
  }
  return 'en';
}

/** A sentence for people, with its `{marks}` filled. */
export function say(
  language: Language,
  key: PhraseKey,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return catalogues[language][key].replace(/\{(\w+)\}/g, (mark, name: string) => String(values[name] ?? mark));
}
