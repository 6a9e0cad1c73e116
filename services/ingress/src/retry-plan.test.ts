import { AppError } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { planAfter } from './retry-plan.js';

const hour = 3_600_000;
const failed = new AppError('channel.failed');
const plan = (error: AppError, tries = 1, troubled?: { why: 'away' | 'slow'; forMs: number }) =>
  planAfter(error, { tries, troubled }, hour, 0);

describe('a reply that was not delivered', () => {
  it('is tried again after growing waits, for as long as an outage may last, and then no more', () => {
    const waits: number[] = [];
    for (let tries = 1, forMs = 0; ; tries += 1) {
      const next = plan(failed, tries, tries === 1 ? undefined : { why: 'away', forMs });
      if ('dead' in next) break;
      expect(next.why).toBe('failed');
      waits.push(next.waitMs);
      forMs += next.waitMs;
    }
    expect(waits.slice(0, 5)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(Math.max(...waits)).toBe(300_000);
    const total = waits.reduce((sum, ms) => sum + ms, 0);
    expect([total >= hour, total <= hour + 300_000, waits.length < 30]).toEqual([true, true, true]);
  });

  it('is not given up after one failure, however long its platform was away before', () => {
    const long = { why: 'away', forMs: 2 * hour } as const;
    expect(plan(failed, 1, long)).toMatchObject({ why: 'failed' });
    expect(plan(failed, 3, long)).toEqual({ dead: 'channel.failed' });
    // Asking to wait is no outage.
    expect(plan(failed, 3, { why: 'slow', forMs: 2 * hour })).toMatchObject({ why: 'failed' });
  });

  it('is a dead letter at once when the platform refuses it for good, with what it said', () => {
    const blocked = new AppError('channel.rejected', {
      publicMessage: 'Telegram: 403 the bot was blocked by the user',
    });
    expect(plan(blocked)).toEqual({ dead: 'channel.rejected: Telegram: 403 the bot was blocked by the user' });
    expect(plan(new AppError('channel.rejected'))).toEqual({ dead: 'channel.rejected' });
  });

  it('waits as long as it is told, which is no failure, but not for ever', () => {
    const slow = new AppError('channel.failed', { retryAfterMs: 40_000 });
    expect(plan(slow, 50)).toEqual({ waitMs: 40_000, why: 'slow' });
    expect(plan(slow, 1, { why: 'slow', forMs: 2 * hour })).toEqual({ waitMs: 40_000, why: 'slow' });
    expect(plan(slow, 1, { why: 'slow', forMs: 24 * hour })).toEqual({ dead: 'channel.failed' });
    expect(plan(new AppError('channel.failed', { retryAfterMs: 99 * hour }))).toEqual({ waitMs: 900_000, why: 'slow' });
  });

  it('waits while nobody tries, as long as an outage may last', () => {
    const down = new AppError('channel.down', { retryAfterMs: 5_000 });
    expect(plan(down)).toEqual({ waitMs: 5_000, why: 'away' });
    expect(plan(down, 1, { why: 'away', forMs: hour })).toEqual({ dead: 'channel.down' });
  });

  it('is given up when it is tried too often, whatever came between', () => {
    expect(plan(failed, 100)).toEqual({ dead: 'channel.failed' });
  });

  it('does not come back at the same moment as all others', () => {
    const at = (random: number) => planAfter(failed, { tries: 9, troubled: undefined }, hour, random);
    expect([at(0), at(1)]).toEqual([
      { waitMs: 256_000, why: 'failed' },
      { waitMs: 320_000, why: 'failed' },
    ]);
    // Its turns are apart already.
    const sentAway = new AppError('channel.slow', { retryAfterMs: 9_000 });
    expect(planAfter(sentAway, { tries: 1, troubled: undefined }, hour, 1)).toEqual({ waitMs: 9_000, why: 'slow' });
  });
});
