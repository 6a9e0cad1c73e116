import { getAt, withoutAt } from './paths.js';
import type { ConfigPath } from './problem.js';

const retired: readonly { readonly path: ConfigPath; readonly instead: string }[] = [
  {
    path: ['state', 'path'],
    instead: 'conversations are kept in Redis: use state.home for where the embedded Redis keeps them, or state.redis',
  },
  {
    path: ['state', 'auto_save'],
    instead: 'every message is saved as it is accepted: state.retention says for how long',
  },
];

/**
 * Takes out keys of a GoClaw file that have no meaning here, each with a warning that names its replacement.
 * @param where how a path is called in a warning, e.g. `queueclaw.yaml:31`
 */
export function dropRetiredKeys(
  raw: unknown,
  where: (path: ConfigPath) => string | undefined,
): { value: unknown; warnings: string[] } {
  const warnings: string[] = [];
  let value = raw;
  for (const { path, instead } of retired) {
    if (getAt(value, path) === undefined) continue;
    value = withoutAt(value, path);
    warnings.push(`${where(path) ?? 'configuration'}: ${path.join('.')} is ignored: ${instead}`);
  }
  return { value, warnings };
}
