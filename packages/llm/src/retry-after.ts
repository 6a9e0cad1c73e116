/** Longer waits are cut: a vendor's header must not park a conversation for a day. */
export const retryAfterMsMax = 3_600_000;

const bounded = (ms: number): number | undefined =>
  Number.isFinite(ms) && ms >= 0 ? Math.min(Math.ceil(ms), retryAfterMsMax) : undefined;

/**
 * How long a vendor asks us to wait, in milliseconds (at most an hour): `retry-after-ms`, else `retry-after` (RFC 9110
 * 10.2.3: seconds, or a date, which is compared with the answer's own `date`, so that our clock does not matter).
 * Undefined when it does not say.
 */
export function retryAfterMs(headers: Pick<Headers, 'get'> | undefined): number | undefined {
  const exact = headers?.get('retry-after-ms');
  if (exact) return bounded(Number(exact));
  const after = headers?.get('retry-after');
  if (!after) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(after)) return bounded(Number(after) * 1_000);
  return bounded(Date.parse(after) - Date.parse(headers?.get('date') ?? ''));
}
