import { AppError } from '@queueclaw/contracts';
import type { Element } from '@xmpp/xml';

/** Conditions (RFC 6120, 8.3.3) that pass, whatever type the error has. */
const passing = new Set([
  'internal-server-error',
  'remote-server-timeout',
  'resource-constraint',
  'recipient-unavailable',
  'unexpected-request',
  // A room that we are not in any more; it is entered again.
  'not-acceptable',
]);
const waitMs = 5_000;

export const conditionOf = (error: Element | undefined): string =>
  error
    ?.getChildElements()
    .map(({ name }) => name)
    .find((name) => name !== 'text')
    ?.slice(0, 64) ?? 'undefined-condition';

/** A stanza's `<error/>` as the contract has it: `channel.failed` is tried again, `channel.rejected` never. */
export function failureOf(error: Element | undefined): AppError {
  const condition = conditionOf(error);
  const publicMessage = `XMPP: ${condition}.`;
  if (error?.attrs['type'] === 'wait') return new AppError('channel.failed', { publicMessage, retryAfterMs: waitMs });
  return new AppError(passing.has(condition) ? 'channel.failed' : 'channel.rejected', { publicMessage });
}

const refusedForGood = new Set([
  'not-authorized',
  'account-disabled',
  'credentials-expired',
  'invalid-authzid',
  'mechanism-too-weak',
]);

/** What ended a connection, or kept it from being made. Repeats nothing that the server or a library wrote but its condition. */
export function connectionFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const condition: unknown = thrown instanceof Error ? Reflect.get(thrown, 'condition') : undefined;
  if (typeof condition === 'string' && /^[a-z-]{1,64}$/.test(condition))
    return new AppError(refusedForGood.has(condition) ? 'channel.rejected' : 'channel.failed', {
      publicMessage: `XMPP: ${condition}.`,
    });
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  const why = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? ` (${code})` : '';
  return unreachable(why);
}

/** Nobody answered, or not in time. */
export const unreachable = (why = ''): AppError =>
  new AppError('channel.failed', { publicMessage: `The XMPP server cannot be reached${why}.` });
