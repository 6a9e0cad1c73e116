import { resolveSrv } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { XmppConfig } from './config.js';
import { domainOf } from './address.js';

const triedMax = 5;

/**
 * Where to connect to, best first: as configured, else by the domain's SRV records (RFC 6120, 3.2), else the domain itself. What
 * DNS says is not to be believed, so TLS begins after connecting and is then verified against the domain.
 */
export async function servicesOf({ jid, service }: XmppConfig): Promise<readonly string[]> {
  if (service !== undefined) return [service];
  const domain = domainOf(jid);
  const records = await resolveSrv(`_xmpp-client._tcp.${domain}`).catch(() => []);
  const wanted = records
    .filter(({ name }) => name !== '' && name !== '.')
    .toSorted((a, b) => a.priority - b.priority || b.weight - a.weight)
    .map(({ name, port }) => `xmpp://${name}:${port}`);
  return wanted.length === 0 ? [`xmpp://${isIPv6(domain) ? `[${domain}]` : domain}:5222`] : wanted.slice(0, triedMax);
}

/** Whether an address of a socket is this machine's own: words to it leave no wire. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (/^(::ffff:)?127(\.\d{1,3}){3}$/.test(address) || address === '::1');
