import { AppError } from '@queueclaw/contracts';
import type { client } from '@xmpp/client';
import type { XmppConfig } from './config.js';
import { localOf } from './address.js';
import { scram } from './scram.js';

type Client = ReturnType<typeof client>;
type Factory = { readonly _mechs: { name: string; mech: unknown }[] };

const rejected = (publicMessage: string): AppError => new AppError('channel.rejected', { publicMessage });

/** Makes our ways to log in the first ones. */
export function useScram(xmpp: Client): void {
  const { _mechs: known } = Reflect.get(xmpp, 'saslFactory') as Factory;
  known.unshift({ name: 'SCRAM-SHA-256', mech: scram('sha256') }, { name: 'SCRAM-SHA-1', mech: scram('sha1') });
}

/**
 * How to log in to a server that offers these: never without TLS, unless nothing leaves this machine.
 * @throws AppError `channel.rejected`
 */
export function loginOf(
  { jid, password }: XmppConfig,
  offered: readonly string[],
  { secure, local }: { readonly secure: boolean; readonly local: boolean },
): { readonly mechanism: string; readonly username: string; readonly password: string } {
  if (!secure && !local) throw rejected('The XMPP server offers no TLS.');
  const username = localOf(jid);
  const mechanism = ['SCRAM-SHA-256', 'SCRAM-SHA-1'].find((name) => offered.includes(name));
  if (mechanism !== undefined) return { mechanism, username, password };
  if (!secure || !offered.includes('PLAIN')) throw rejected('The XMPP server offers no way to log in.');
  // The library writes a character a byte.
  const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  return { mechanism: 'PLAIN', username: bytes(username), password: bytes(password) };
}
