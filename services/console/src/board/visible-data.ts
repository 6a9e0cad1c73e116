/**
 * What may be seen of a job's data: ids, names, counts and times, under these keys only. Arguments of tools are people's
 * data, a ticket is a secret, and whatever comes later is hidden until it is listed here.
 */
const visible: ReadonlySet<string> = new Set([
  ...['v', 'tenant', 'conversation', 'channel', 'why', 'mail', 'at'],
  ...['call', 'tool', 'deadlineAt', 'startedAt', 'trace', 'schedule'],
]);
const charsMax = 200;

const isPlain = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= charsMax);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A job's data as operators see it; `hidden` names what was left out. */
export function visibleData(data: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(data)) return { hidden: ['everything'] };
  const shown: Record<string, unknown> = {};
  const hidden: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    if (visible.has(key) && isPlain(value)) shown[key] = value;
    else if (key === 'outboxes' && Array.isArray(value)) shown[key] = value.map(address);
    else hidden.push(key.slice(0, 64));
  }
  return hidden.length > 0 ? { ...shown, hidden } : shown;
}

const address = (value: unknown): string =>
  isRecord(value) ? `${String(value['tenant'])}/${String(value['conversation'])}`.slice(0, charsMax) : 'hidden';
