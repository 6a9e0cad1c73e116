const name = 'queueclaw_operator';

/** The session in a `Cookie` header (RFC 6265); undefined when there is none. */
export function sessionOf(header: string | undefined): string | undefined {
  const value = header?.split(';').find((pair) => pair.trim().startsWith(`${name}=`));
  return value?.trim().slice(name.length + 1) || undefined;
}

/**
 * The `Set-Cookie` header that keeps a session; an empty session ends it.
 * @param secure the page came over TLS
 */
export function sessionCookie(session: string, maxAgeSeconds: number, secure: boolean): string {
  const flags = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return `${name}=${session}; ${flags}${secure ? '; Secure' : ''}`;
}
