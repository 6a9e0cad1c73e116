/** The name of a language by its BCP 47 tag, in the words of `locale`; undefined when there is no such language. */
export function languageName(tag: string, locale: string): string | undefined {
  try {
    return new Intl.DisplayNames([locale], { type: 'language', fallback: 'none' }).of(tag);
  } catch {
    return undefined;
  }
}
