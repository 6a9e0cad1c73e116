import { expect, it } from 'vitest';
import { dayAt } from './day.js';

const at = (text: string): number => Date.parse(text);
const hour = 3_600_000;

it('ends at midnight UTC when nothing says otherwise', () => {
  const day = { name: '20261123', endsAt: at('2026-11-24T00:00:00Z') };
  expect(dayAt(at('2026-11-23T00:00:00Z'))).toEqual(day);
  expect(dayAt(at('2026-11-23T23:59:59.999Z'), 'UTC')).toEqual(day);
});

it('ends at midnight of the zone', () => {
  expect(dayAt(at('2026-11-23T16:00:00Z'), 'Asia/Shanghai')).toMatchObject({ name: '20261124' });
  expect(dayAt(at('2026-11-23T15:59:59Z'), 'Asia/Shanghai').endsAt).toBe(at('2026-11-23T16:00:00Z'));
});

it.each([
  ['of 23 hours', 'Europe/Berlin', '2026-03-29T10:00:00Z', 23],
  ['of 25 hours', 'Europe/Berlin', '2026-10-25T10:00:00Z', 25],
  ['that begins at one in the morning', 'Africa/Cairo', '2026-04-24T10:00:00Z', 23],
  ['before one that never was', 'Pacific/Apia', '2011-12-29T20:00:00Z', 24],
])('knows days %s', (_what, zone, noon, hours) => {
  const day = dayAt(at(noon), zone);
  const begins = dayAt(day.endsAt - hours * hour, zone);
  expect(begins.name).toBe(day.name);
  expect(dayAt(day.endsAt - hours * hour - 1, zone).name < day.name).toBe(true);
  expect(dayAt(day.endsAt, zone).name > day.name).toBe(true);
});

it('gives the same day, whatever was asked before', () => {
  const moments = ['2026-11-23T12:00:00Z', '2026-11-20T12:00:00Z', '2026-11-23T12:00:01Z'].map(at);
  const names = moments.map((moment) => dayAt(moment, 'America/New_York').name);
  expect(names).toEqual(['20261123', '20261120', '20261123']);
});

it('refuses a zone that does not exist', () => {
  expect(() => dayAt(0, 'Mars/Olympus')).toThrow(RangeError);
});
