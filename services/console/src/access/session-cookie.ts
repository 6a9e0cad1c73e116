import type { Language } from '@queueclaw/contracts';

const name = 'queueclaw_operator';
const languageName = 'queueclaw_language';
const yearSeconds = 31_536_000;

const valueOf = (header: string | undefined, wanted: string): string | undefined => {
  const value = header?.split(';').find((pair) => pair.trim().startsWith(`${wanted}=`));
  return value?.trim().slice(wanted.length + 1) || undefined;
};

/** The session in a `Cookie` header (RFC 6265); undefined when there is none. */
export function sessionOf(header: string | undefined): string | undefined {
  return valueOf(header, name);
}

/** The language in a `Cookie` header; undefined when none was chosen. */
export function languageOf(header: string | undefined): string | undefined {
  return valueOf(header, languageName);
}

/** The `Set-Cookie` header that keeps the language of pages for a year. */
export function languageCookie(language: Language): string {
  return `${languageName}=${language}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${yearSeconds}`;
}

/**
 * The `Set-Cookie` header that keeps a session; an empty session ends it.
 * @param secure the page came over TLS
 */
export function sessionCookie(session: string, maxAgeSeconds: number, secure: boolean): string {
  const flags = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return `${name}=${session}; ${flags}${secure ? '; Secure' : ''}`;
}
