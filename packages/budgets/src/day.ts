/** A day of budgets and usage: its name (`20261123`) and when the next one begins, milliseconds since the epoch. */
export type Day = { readonly name: string; readonly endsAt: number };

const dayMs = 86_400_000;
/** No day of any zone is longer. */
const longestDayMs = 50 * 3_600_000;

type Zone = { readonly nameAt: (now: number) => string; last: (Day & { readonly from: number }) | undefined };

/** Making a formatter costs a hundred times its use. Zones come from the configuration: there are few. */
const zones = new Map<string, Zone>();

function openZone(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known) return known;
  // Swedish dates are ISO dates.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  const zone: Zone = { nameAt: (now) => format.format(now).replaceAll('-', ''), last: undefined };
  zones.set(timeZone, zone);
  return zone;
}

/** The first moment of the next day: between two moments of different days, halved until it is found. */
function endOfDay(zone: Zone, name: string, now: number): number {
  let [within, after] = [now, now + longestDayMs];
  while (after - within > 1) {
    const middle = Math.floor((within + after) / 2);
    if (zone.nameAt(middle) === name) within = middle;
    else after = middle;
  }
  return after;
}

let utcDay: Day | undefined;

/**
 * The day at `now` (milliseconds since the epoch) in an IANA zone, UTC by default. Days of zones with summer time have 23 to
 * 25 hours.
 * @throws RangeError when there is no such zone
 */
export function dayAt(now: number, timeZone?: string): Day {
  if (timeZone === undefined || timeZone === 'UTC') {
    const endsAt = (Math.floor(now / dayMs) + 1) * dayMs;
    if (utcDay?.endsAt !== endsAt)
      utcDay = { name: new Date(endsAt - dayMs).toISOString().slice(0, 10).replaceAll('-', ''), endsAt };
    return utcDay;
  }
  const zone = openZone(timeZone);
  if (zone.last && now >= zone.last.from && now < zone.last.endsAt) return zone.last;
  const name = zone.nameAt(now);
  zone.last = { name, endsAt: endOfDay(zone, name, now), from: now };
  return zone.last;
}
