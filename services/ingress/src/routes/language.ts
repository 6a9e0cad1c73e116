/** The first language of an Accept-Language header (RFC 9110), as a BCP 47 tag; undefined when there is none. */
export function languageOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return /^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,3})(?=\s*(?:[,;]|$))/.exec(header)?.[1];
}
