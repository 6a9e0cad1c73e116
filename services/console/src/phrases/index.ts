import { AppError, type ErrorCode, type Language } from '@queueclaw/contracts';
import { type Content, type Html, html } from '../pages/html.js';
import { en } from './en.js';
import { zh } from './zh.js';

export type PhraseKey = keyof typeof en;
export type Phrases = Readonly<Record<PhraseKey, string>>;

/** A sentence in the visitor's language, its `{marks}` filled; what fills them is escaped unless it is HTML. */
export type Words = (key: PhraseKey, values?: Readonly<Record<string, Content>>) => Html;

const catalogues: Readonly<Record<Language, Phrases>> = { en, zh };
const marks = /\{(\w+)\}/;

/** The words of a language. */
export const wordsIn =
  (language: Language): Words =>
  (key, values = {}) =>
    html`${catalogues[language][key].split(marks).map((part, at) => (at % 2 === 0 ? part : values[part]))}`;

/** A number of something: its phrases end in `.one` and `.many`. */
export type Countable = 'step' | 'turn' | 'call' | 'tool_call' | 'try';

/** An error whose sentence is one of ours, in every language. */
export function refusalOf(code: ErrorCode, key: PhraseKey, values: Readonly<Record<string, string>> = {}): AppError {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (mark, name: string) => values[name] ?? mark);
  return new AppError(code, { publicMessages: { en: fill(en[key]), zh: fill(zh[key]) } });
}
