import type { Sender } from '@queueclaw/contracts';
import type { Config } from '@queueclaw/runtime';
import { hash, timingSafeEqual } from 'node:crypto';

/** What a caller may do. */
export type Scope = Config['server']['tokens'][number]['scopes'][number];

/** Who calls. The tenant is the token's; nothing that the caller sends can change it. */
export type Caller = {
  /** Names the token without telling it: for limits, counts and logs. */
  readonly id: string;
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly sender: Sender;
};

/** Knows the configured tokens. */
export type Tokens = {
  /** Who a call without a token is: set exactly when no token is configured (the server is then bound to loopback). */
  readonly anonymous: Caller | undefined;
  find(token: string): Caller | undefined;
};

const tokenCharsMax = 512;
const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

const local: Caller = {
  id: 'local',
  tenant: 'default',
  scopes: new Set(['chat', 'read']),
  sender: { id: 'local' },
};

/**
 * Keeps only the SHA-256 of each token, looks up by it and compares in constant time: how long an answer takes says nothing
 * about a token.
 */
export function tokenKeeper(configured: Config['server']['tokens']): Tokens {
  const known = new Map<string, { readonly digest: Buffer; readonly caller: Caller }>();
  for (const { token, tenant, scopes } of configured) {
    const digest = digestOf(token);
    const id = `token-${digest.toString('hex').slice(0, 10)}`;
    known.set(digest.toString('base64'), { digest, caller: { id, tenant, scopes: new Set(scopes), sender: { id } } });
  }
  return {
    anonymous: configured.length === 0 ? local : undefined,
    find: (token) => {
      if (token.length > tokenCharsMax) return undefined;
      const digest = digestOf(token);
      const entry = known.get(digest.toString('base64'));
      return entry !== undefined && timingSafeEqual(entry.digest, digest) ? entry.caller : undefined;
    },
  };
}

/** The token of an `Authorization: Bearer` header (RFC 6750); undefined when there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +(\S+)$/i.exec(header)?.[1];
}
