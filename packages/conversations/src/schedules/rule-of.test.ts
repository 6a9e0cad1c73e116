import { describe, expect, it } from 'vitest';
import { momentOf } from './moment-of.js';
import { ruleOf, type WishedTime } from './rule-of.js';

const now = Date.UTC(2026, 10, 23, 12, 30);
const hour = 3_600_000;
const read = (wish: WishedTime, zones: readonly (string | undefined)[] = []): ReturnType<typeof ruleOf> =>
  ruleOf(wish, { now, zones, intervalMsMin: 60_000, horizonMs: 366 * 24 * hour });
const utc = (text: string): number => Date.parse(text);

describe('a written moment', () => {
  it.each([
    ['2026-11-24T09:00', 'Asia/Shanghai', '2026-11-24T01:00Z'],
    ['2026-11-24 09:00', 'America/New_York', '2026-11-24T14:00Z'],
    ['2026-11-24', 'UTC', '2026-11-24T00:00Z'],
    ['2026-11-24T09:00:30Z', 'Asia/Shanghai', '2026-11-24T09:00:30Z'],
    ['2026-11-24T09:00+0530', 'UTC', '2026-11-24T03:30Z'],
    // Skipped by the clocks: as if they did not skip. Twice: the first.
    ['2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30Z'],
    ['2026-10-25T03:00', 'Europe/Berlin', '2026-10-25T02:00Z'],
    ['2026-07-01T12:00', 'Pacific/Kiritimati', '2026-06-30T22:00Z'],
  ])('%s in %s', (text, zone, expected) => {
    expect(momentOf(text, zone)).toBe(utc(expected));
  });

  it.each(['2026-02-30', '2026-13-01', '2026-11-24T25:00', 'tomorrow', '', '24.11.2026', '2026-11-24T09:00 CET'])(
    '%s is none',
    (text) => {
      expect(momentOf(text, 'UTC')).toBeUndefined();
    },
  );
});

it('takes the zone that is named, else the first known of the wishes, else UTC', () => {
  const at = '2026-11-24T09:00';
  const due = (wish: WishedTime, zones: readonly string[]): unknown => {
    const found = read(wish, zones);
    return found.ok && [found.zone, found.next];
  };
  expect(due({ at, zone: 'Asia/Tokyo' }, ['Asia/Shanghai'])).toEqual(['Asia/Tokyo', utc('2026-11-24T00:00Z')]);
  expect(due({ at }, ['Mars/Base', 'Asia/Shanghai'])).toEqual(['Asia/Shanghai', utc('2026-11-24T01:00Z')]);
  expect(due({ at }, [])).toEqual(['UTC', utc('2026-11-24T09:00Z')]);
});

it('reads cron by the clocks of the zone, summer time included', () => {
  const found = read({ cron: ' 0  8 * * 1-5 ', zone: 'Europe/Berlin' });
  expect(found).toMatchObject({ rule: { kind: 'cron', cron: '0 8 * * 1-5' }, next: utc('2026-11-24T07:00Z') });
});

it.each<[WishedTime, string]>([
  [{}, 'exactly one'],
  [{ at: '2026-11-24', after: '1h' }, 'exactly one'],
  [{ after: 'soon' }, 'after is written like'],
  [{ after: '1h and then' }, 'after is written like'],
  [{ after: '0m' }, 'after is written like'],
  [{ every: '30s' }, 'Not more often than every 1m.'],
  [{ every: '2d', zone: 'Nowhere' }, 'There is no time zone "Nowhere".'],
  [{ every: '400d' }, 'Not further ahead than'],
  [{ cron: '@daily' }, 'five fields'],
  [{ cron: '0 8 * * 9' }, 'no cron expression'],
  [{ cron: '0 0 30 2 *' }, 'no cron expression'],
  [{ at: '2026-11-23T12:00' }, 'has passed'],
])('says of %o what does not fit', (wish, problem) => {
  expect(read(wish)).toEqual({ ok: false, problem: expect.stringContaining(problem) as string });
});

it('refuses cron that comes too often at any time within its first dozens', () => {
  const bounds = { now, zones: [], intervalMsMin: 10 * 60_000, horizonMs: 366 * 24 * hour };
  expect(ruleOf({ cron: '0,5 8 * * *' }, bounds)).toMatchObject({ problem: 'Not more often than every 10m.' });
  expect(ruleOf({ cron: '*/10 * * * *' }, bounds)).toMatchObject({ ok: true });
});
