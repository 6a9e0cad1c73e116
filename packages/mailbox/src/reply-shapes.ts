/** A script's answer as strings: Redis gives integers as numbers and bulk strings as strings. */
export function row(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('a script answered something else than a list');
  return value;
}

/** The strings of a list reply. */
export function strings(value: unknown): readonly string[] {
  return row(value).map(String);
}

/** A flat list of pairs, as HGETALL gives them inside a script. */
export function pairs(value: unknown): ReadonlyMap<string, string> {
  const flat = strings(value);
  const map = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) map.set(flat[at] ?? '', flat[at + 1] ?? '');
  return map;
}
