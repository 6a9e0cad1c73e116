import { type AppError, errorTable } from '@queueclaw/contracts';
import type { DeliveryLease } from '@queueclaw/mailbox';

/** What becomes of a reply that was not delivered this time. */
export type Plan =
  /** Later; `why` says whether it counts: a platform that asks to wait is not one that fails. */
  { readonly waitMs: number; readonly why: 'failed' | 'away' | 'slow' } | { readonly dead: string };

const firstMs = 1_000;
const waitMsMax = 5 * 60_000;
/** The longest time that a platform can ask for. */
const askedMsMax = 15 * 60_000;
/** Whoever only asks to wait is believed for so long. */
const slowMsMax = 24 * 3_600_000;
/** A failure of a moment is no outage, however short the time that one may last. */
const triesLeast = 3;
/** Nothing is tried more often: a reply on which the process dies each time is not delivered for ever. */
export const triesMost = 100;
const reasonMax = 300;

/**
 * What to do after a failed try: a refusal for good is a dead letter at once. A platform that asks to wait is waited for. An
 * outage is tried again after growing waits, until it has lasted for `retryMs`.
 * @param random 0 to 1: waits differ, so that what failed together does not come together
 */
export function planAfter(
  error: AppError,
  { tries, troubled }: Pick<DeliveryLease, 'tries' | 'troubled'>,
  retryMs: number,
  random: number = Math.random(),
): Plan {
  const { disposition, code, retryAfterMs } = error;
  if (disposition !== 'retry' && disposition !== 'retry-after') return { dead: reasonOf(error) };
  const lasted = (why: 'away' | 'slow'): number => (troubled?.why === why ? troubled.forMs : 0);
  // Whom the gate sends away it tells times one after the other.
  const spread = (ms: number): number => Math.round(code === 'channel.slow' ? ms : ms * (1 + random / 4));
  const asked = spread(Math.min(retryAfterMs ?? firstMs, askedMsMax));
  if (code === 'channel.down')
    return lasted('away') >= retryMs ? { dead: reasonOf(error) } : { waitMs: asked, why: 'away' };
  if (retryAfterMs !== undefined)
    return lasted('slow') >= slowMsMax ? { dead: reasonOf(error) } : { waitMs: asked, why: 'slow' };
  if (tries >= triesMost || (tries >= triesLeast && lasted('away') >= retryMs)) return { dead: reasonOf(error) };
  return { waitMs: spread(Math.min(firstMs * 2 ** Math.min(tries - 1, 20), waitMsMax)), why: 'failed' };
}

/** What the platform said, where it said something. */
const reasonOf = ({ code, publicMessage }: AppError): string =>
  publicMessage === errorTable[code].says ? code : `${code}: ${publicMessage}`.slice(0, reasonMax);
