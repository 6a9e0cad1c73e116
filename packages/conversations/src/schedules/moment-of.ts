const partsIn = new Intl.DateTimeFormat('en-US-u-hc-h23', { timeZone: 'UTC' }).resolvedOptions().locale;

/** The runtime's own spelling of an IANA zone; undefined when there is none of this name. */
export function knownZone(zone: string | undefined): string | undefined {
  if (zone === undefined || zone === '') return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** How far a zone's clocks are ahead of UTC at a moment, milliseconds. */
function offsetAt(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat(partsIn, {
    ...{ timeZone, hourCycle: 'h23', calendar: 'gregory', numberingSystem: 'latn' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  } as const);
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0;
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return local - Math.floor(at / 1_000) * 1_000;
}

const written = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * The moment that a date and time mean, milliseconds since the epoch, by the clocks of a known zone unless an offset is written. A
 * time that the clocks skip is taken as if they did not; of one that comes twice it is the first. Undefined: not a date.
 */
export function momentOf(text: string, zone: string): number | undefined {
  const match = written.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', offset] = match;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  const local = Date.UTC(y, mo - 1, d, h, mi, s);
  const back = new Date(local);
  if (back.getUTCMonth() !== mo - 1 || back.getUTCDate() !== d || h > 23 || mi > 59 || s > 59) return undefined;
  if (offset === 'Z') return local;
  if (offset !== undefined) {
    const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
    return local - (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  const [before, after] = [offsetAt(local - 86_400_000, zone), offsetAt(local + 86_400_000, zone)];
  const found = [before, after].map((ahead) => local - ahead).filter((at) => at + offsetAt(at, zone) === local);
  return found.length > 0 ? Math.min(...found) : local - before;
}
