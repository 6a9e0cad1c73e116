import { isPlainObject } from './paths.js';
import type { Config } from './schema.js';
import { isSecretName, urlPasswords } from './secrets.js';

const masked = '********';

const mask = (value: unknown, secret: boolean): unknown => {
  if (typeof value === 'string') {
    if (secret) return masked;
    return urlPasswords(value).reduce((text, password) => text.replaceAll(`:${password}@`, `:${masked}@`), value);
  }
  // A list of maps (`tokens`) says by its own keys what is secret.
  if (Array.isArray(value))
    return value.map((item: unknown): unknown => mask(item, secret && typeof item === 'string'));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item, secret || isSecretName(key))]));
};

/** The whole configuration as plain data for people: durations in milliseconds, sizes in bytes, secrets as `********`. */
export function showConfig(config: Config): Record<string, unknown> {
  const { agents, limits, ...rest } = config;
  const shown = mask(rest, false);
  return { ...(isPlainObject(shown) ? shown : {}), agents, limits };
}
