type Zone = { readonly name: string; readonly format: Intl.DateTimeFormat };

/** Making a formatter costs a hundred times its use. Zones come from people, so the memory is bounded. */
const known = new Map<string, Zone | undefined>();
const knownMax = 500;

function open(timeZone: string): Zone | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone });
    return { format, name: format.resolvedOptions().timeZone };
  } catch {
    return undefined;
  }
}

function zone(timeZone: string): Zone | undefined {
  if (known.has(timeZone)) return known.get(timeZone);
  if (known.size >= knownMax) known.clear();
  const opened = open(timeZone);
  known.set(timeZone, opened);
  return opened;
}

/**
 * Weekday and date at `now` (milliseconds since the epoch), in English, in the first of the IANA zones that exists, else
 * UTC. The zone is named in the runtime's own spelling, never in the caller's.
 */
export function dayInZone(now: number, zones: readonly (string | undefined)[]): { day: string; zone: string } {
  for (const wish of zones) {
    const found = wish === undefined || wish === '' ? undefined : zone(wish);
    if (found !== undefined) return { day: found.format.format(now), zone: found.name };
  }
  return { day: zone('UTC')?.format.format(now) ?? '', zone: 'UTC' };
}
