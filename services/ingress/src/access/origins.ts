import { isLoopback } from '@queueclaw/runtime';

/** Decides which web pages may talk to this server. */
export type Origins = {
  /** False: the name this server was called by is not one of its own, as after DNS rebinding. */
  hostAllowed(host: string | undefined): boolean;
  /** False: a web page of another site calls. Requests without an Origin come from no page. */
  originAllowed(origin: string | undefined, host: string | undefined): boolean;
  /** True: a configured origin other than the server's own, whose page needs CORS headers. */
  isForeign(origin: string): boolean;
};

export type OriginsOptions = {
  readonly boundHost: string;
  readonly allowed: readonly string[];
  /** Tokens protect the server: it may be called by any name, as behind a proxy. */
  readonly hasTokens: boolean;
};

const hostnameOf = (host: string): string => host.toLowerCase().replace(/:\d{1,5}$/, '');

const hostOfOrigin = (origin: string): string | undefined => {
  const match = /^https?:\/\/([^/?#@\s]+)$/i.exec(origin);
  return match?.[1]?.toLowerCase();
};

const withoutUsualPort = (host: string): string => host.toLowerCase().replace(/:(80|443)$/, '');

/** The rules of one server. A missing allowlist means: only the server's own pages. */
export function originRules({ boundHost, allowed, hasTokens }: OriginsOptions): Origins {
  const foreign = new Set(allowed.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  const bound = boundHost.toLowerCase();
  return {
    hostAllowed: (host) => {
      if (hasTokens) return true;
      if (host === undefined) return false;
      const name = hostnameOf(host);
      return isLoopback(name) || name === bound || name === `[${bound}]`;
    },
    originAllowed: (origin, host) => {
      if (origin === undefined) return true;
      if (foreign.has(origin.toLowerCase())) return true;
      const own = hostOfOrigin(origin);
      return own !== undefined && host !== undefined && withoutUsualPort(own) === withoutUsualPort(host);
    },
    isForeign: (origin) => foreign.has(origin.toLowerCase()),
  };
}
