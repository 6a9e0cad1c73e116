import type { ConfigPath } from './problem.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What became of the `${NAME}` marks of a configuration. */
export type Expanded = {
  readonly value: unknown;
  /** Marks whose variable is unset (or empty) and that name no default. */
  readonly unset: readonly { readonly path: ConfigPath; readonly variable: string }[];
  /** Values that hold a mark that is not one: `${` without a name or without its end. */
  readonly malformed: readonly ConfigPath[];
  /** Where marks were replaced. */
  readonly replaced: readonly ConfigPath[];
};

const mark = /\$?\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}|)/g;

type Notes = { unset: { path: ConfigPath; variable: string }[]; malformed: ConfigPath[]; replaced: ConfigPath[] };

const expandText = (text: string, path: ConfigPath, env: Environment, notes: Notes): string | undefined => {
  if (!text.includes('${')) return text;
  let missing = false;
  const expanded = text.replace(mark, (whole, name: string | undefined, hasDefault?: string, fallback?: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    if (name === undefined) {
      notes.malformed.push(path);
      missing = true;
      return whole;
    }
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (hasDefault !== undefined) return fallback ?? '';
    notes.unset.push({ path, variable: name });
    missing = true;
    return '';
  });
  notes.replaced.push(path);
  // An empty result means "not set", as people write `${KEY:-}` for optional values.
  return missing || expanded === '' ? undefined : expanded;
};

const walk = (value: unknown, path: ConfigPath, env: Environment, notes: Notes): unknown => {
  if (typeof value === 'string') return expandText(value, path, env, notes);
  if (Array.isArray(value)) {
    return value
      .map((item: unknown, at): unknown => walk(item, [...path, at], env, notes))
      .filter((item, at) => item !== undefined || typeof value[at] !== 'string');
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const expanded = walk(item, [...path, key], env, notes);
    if (expanded !== undefined) entries.push([key, expanded]);
  }
  return Object.fromEntries(entries);
};

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text value (never in keys). An empty variable counts as unset, as in
 * a shell's `:-`; a value that becomes empty is left out; `$${NAME}` stays as `${NAME}`. What a variable holds is not
 * expanded again.
 */
export function expandEnvironment(value: unknown, env: Environment): Expanded {
  const notes: Notes = { unset: [], malformed: [], replaced: [] };
  return { value: walk(value, [], env, notes), ...notes };
}
