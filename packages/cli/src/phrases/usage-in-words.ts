import type { PhraseKey, Words } from './index.js';

/** What commander says of wrong usage (its `outputError`), by its own patterns. */
const complaints: readonly (readonly [pattern: RegExp, key: PhraseKey, name: string])[] = [
  [/^error: missing required argument '(.+)'$/, 'error.argument', 'name'],
  [/^error: option '(.+)' argument missing$/, 'error.option_argument', 'flags'],
  [/^error: unknown option '(.+)'$/, 'error.option', 'name'],
  [/^error: unknown command '(.+)'$/, 'error.command', 'name'],
  [/^error: too many arguments.*but got (\d+)\b.*$/, 'error.too_many', 'given'],
];

/** The same in the person's language, with what they may have meant; what we do not know is left as it is. */
export function usageInWords(words: Words, text: string): string {
  const [said = '', meant = ''] = text.trim().split('\n');
  for (const [pattern, key, name] of complaints) {
    const found = pattern.exec(said);
    if (found === null) continue;
    const [, near] = /^\(Did you mean (?:one of )?(.+)\?\)$/.exec(meant) ?? [];
    return `${words(key, { [name]: found[1] ?? '' })}${near === undefined ? '' : words('error.meant', { name: near })}`;
  }
  return text.trim();
}
