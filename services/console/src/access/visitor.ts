import { type Language, pickLanguage } from '@queueclaw/contracts';
import { isLoopback } from '@queueclaw/runtime';
import type { IncomingHttpHeaders } from 'node:http';
import type { Operator, Operators } from './operators.js';
import { languageOf, sessionOf } from './session-cookie.js';

/** Who a request comes from. */
export type Visitor = {
  readonly operator: Operator | undefined;
  /** How the operator proved it; a cookie is sent by browsers unasked. */
  readonly by: 'token' | 'session' | undefined;
  /** A token was given and is not known. */
  readonly refused: boolean;
  /** From this machine, by one of its own names, to a console that only this machine can reach, through no proxy. */
  readonly local: boolean;
  /** Of pages: what the address says, else the last one that was chosen, else the browser's. */
  readonly language: Language;
};

export type Arrival = {
  readonly headers: IncomingHttpHeaders;
  readonly peer: string;
  readonly boundHost: string;
  readonly now: number;
  /** The language that the address asks for. */
  readonly wish?: string | undefined;
};

const proxied = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** The host name of a `Host` header, lower case, without port. */
export const hostnameOf = (host: string): string => host.toLowerCase().replace(/:\d{1,5}$/, '');

/** Recognises an operator by bearer token (RFC 6750) or session, and a visitor of this machine. */
export function visitorOf(operators: Operators, { headers, peer, boundHost, now, wish }: Arrival): Visitor {
  const local =
    isLoopback(boundHost) &&
    isLoopback(peer.replace(/^::ffff:/, '')) &&
    isLoopback(hostnameOf(headers.host ?? '')) &&
    proxied.every((name) => headers[name] === undefined);
  const language = pickLanguage(wish, languageOf(headers.cookie), headers['accept-language']);
  const { authorization } = headers;
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const operator = token === undefined ? undefined : operators.findByToken(token);
    return { operator, by: operator && 'token', refused: operator === undefined, local, language };
  }
  const session = sessionOf(headers.cookie);
  const operator = session === undefined ? undefined : operators.findBySession(session, now);
  return { operator, by: operator && 'session', refused: false, local, language };
}
