import type { Environment } from './expand.js';
import { getAt, withAt } from './paths.js';
import type { ConfigPath } from './problem.js';

type Override = { readonly variable: string; readonly path: ConfigPath; readonly as?: (value: string) => unknown };

const numeric = (value: string): unknown => (/^\d{1,9}$/.test(value.trim()) ? Number(value) : value);

const overrides: readonly Override[] = [
  { variable: 'PORT', path: ['server', 'port'], as: numeric },
  { variable: 'CONSOLE_PORT', path: ['console', 'port'], as: numeric },
  { variable: 'REDIS_URL', path: ['state', 'redis'] },
  { variable: 'QUEUECLAW_HOME', path: ['state', 'home'] },
  { variable: 'QUEUECLAW_NAMESPACE', path: ['state', 'namespace'] },
  { variable: 'QUEUECLAW_MODEL', path: ['llm', 'default'] },
  { variable: 'QUEUECLAW_HEALTH_PORT', path: ['telemetry', 'port'], as: numeric },
  { variable: 'QUEUECLAW_LOG_LEVEL', path: ['telemetry', 'log_level'] },
];

const additions: readonly Override[] = [
  { variable: 'QUEUECLAW_TOKEN', path: ['server', 'tokens'], as: (token) => ({ token }) },
  {
    variable: 'QUEUECLAW_OPERATOR_TOKEN',
    path: ['console', 'operators'],
    as: (token) => ({ token, name: 'operator' }),
  },
];

export type Overridden = {
  readonly value: unknown;
  /** The variable that set the value at a path, if one did. */
  originOf(path: ConfigPath): string | undefined;
};

const startsWith = (path: ConfigPath, start: ConfigPath): boolean => start.every((part, at) => part === path[at]);

/** Puts what the environment says over what the file says: single values replace, tokens are added. Empty is unset. */
export function applyOverrides(raw: unknown, env: Environment): Overridden {
  let value: unknown = raw ?? {};
  const origins: { path: ConfigPath; variable: string }[] = [];
  for (const { variable, path, as } of overrides) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    value = withAt(value, path, as ? as(text) : text);
    origins.push({ path, variable });
  }
  for (const { variable, path, as } of additions) {
    const text = env[variable];
    const before = getAt(value, path) ?? [];
    if (text === undefined || text === '' || !Array.isArray(before)) continue;
    if (before.some((item: unknown) => getAt(item, ['token']) === text)) continue;
    value = withAt(value, path, [...(before as readonly unknown[]), as?.(text)]);
    origins.push({ path: [...path, before.length], variable });
  }
  return { value, originOf: (path) => origins.find((origin) => startsWith(path, origin.path))?.variable };
}
