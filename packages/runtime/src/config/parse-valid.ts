import type { z } from 'zod';
import { getAt, withAt, withoutAt } from './paths.js';
import { type ConfigPath, formatPath } from './problem.js';
import { Config } from './schema.js';

/** What of a configuration is valid, and where its values are written. */
export type ValidPart = {
  readonly config: Config;
  /** The path as it is written, for a path in `config`: items of lists may be missing there. */
  written(path: ConfigPath): ConfigPath;
};

const removalsMax = 500;

const place = (issue: z.core.$ZodIssue): ConfigPath =>
  issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));

/** The nearest thing at or above a path that can be taken away. */
const removable = (value: unknown, path: ConfigPath): ConfigPath =>
  path.length > 0 && getAt(value, path) === undefined ? removable(value, path.slice(0, -1)) : path;

/**
 * Parses a configuration that is not valid as if what is wrong in it were not written, so that rules between values can be
 * checked all the same and everything is said at once. Undefined when nothing sensible is left.
 */
export function parseValidPart(raw: unknown): ValidPart | undefined {
  /** Of every list that lost items: where those that are left were written. */
  const kept = new Map<string, number[]>();
  const written = (path: ConfigPath): ConfigPath =>
    path.map((part, at) => {
      const indexes = typeof part === 'number' ? kept.get(formatPath(path.slice(0, at))) : undefined;
      return typeof part === 'number' ? (indexes?.[part] ?? part) : part;
    });
  let value = raw;
  for (let removals = 0; removals < removalsMax; removals += 1) {
    const parsed = Config.safeParse(value);
    if (parsed.success) return { config: parsed.data, written };
    const [issue] = parsed.error.issues;
    if (issue === undefined) return undefined;
    const path = removable(value, place(issue));
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) value = withoutAt(value, [...path, key]);
      continue;
    }
    const last = path.at(-1);
    const parentPath = path.slice(0, -1);
    const parent = getAt(value, parentPath);
    if (last === undefined) return undefined;
    if (Array.isArray(parent)) {
      const indexes = kept.get(formatPath(parentPath)) ?? parent.map((_, at) => at);
      kept.set(
        formatPath(parentPath),
        indexes.filter((_, at) => at !== last),
      );
      const items: unknown[] = parent.filter((_, at) => at !== last);
      value = withAt(value, parentPath, items);
    } else value = withoutAt(value, path);
  }
  return undefined;
}
