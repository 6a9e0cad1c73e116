import type { ConfigPath } from './problem.js';

export type PlainObject = Record<string, unknown>;

/** True for a map of YAML or JSON. */
export const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path; undefined when there is none. */
export function getAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isPlainObject(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

/** A copy of `root` with the value at a path; maps on the way are made, anything else on the way is left as it is. */
export function withAt(root: unknown, path: ConfigPath, value: unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (Array.isArray(root)) {
    return root.map((item: unknown, at) => (at === Number(part) ? withAt(item, rest, value) : item));
  }
  if (root !== undefined && root !== null && !isPlainObject(root)) return root;
  return { ...root, [part]: withAt(root?.[part], rest, value) };
}

/** A copy of `root` without the key at a path. */
export function withoutAt(root: unknown, path: ConfigPath): unknown {
  const key = path.at(-1);
  const parent = getAt(root, path.slice(0, -1));
  if (key === undefined || !isPlainObject(parent)) return root;
  const { [key]: _, ...kept } = parent;
  return withAt(root, path.slice(0, -1), kept);
}
