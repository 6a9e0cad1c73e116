import type { Expanded } from './expand.js';
import { getAt, withAt, withoutAt } from './paths.js';
import type { ConfigPath } from './problem.js';

type Unset = Expanded['unset'][number];

const variables = (unset: readonly Unset[]): string => [...new Set(unset.map(({ variable }) => variable))].join(', ');

const grouped = (unset: readonly Unset[], section: readonly string[]): Map<string | number, Unset[]> => {
  const groups = new Map<string | number, Unset[]>();
  for (const item of unset) {
    const key = item.path[section.length];
    if (key === undefined || !section.every((part, at) => item.path[at] === part)) continue;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

/**
 * Decides what an unset variable means: a channel without its credentials is left off, a model nobody chose is left out
 * (both with a warning); anywhere else it is an error, and `remaining` names it.
 */
export function settleUnset(
  expanded: Expanded,
  where: (path: ConfigPath) => string | undefined,
): { value: unknown; warnings: string[]; remaining: readonly Unset[] } {
  let value = expanded.value;
  let remaining = expanded.unset;
  const warnings: string[] = [];
  const settled = (items: readonly Unset[]): void => {
    remaining = remaining.filter((item) => !items.includes(item));
  };
  for (const [at, items] of grouped(expanded.unset, ['channels'])) {
    settled(items);
    if (getAt(value, ['channels', at, 'enable']) === false) continue;
    const name = getAt(value, ['channels', at, 'name']);
    value = withAt(value, ['channels', at, 'enable'], false);
    warnings.push(
      `${where(['channels', at]) ?? 'channels'}: channel ${String(name ?? at)} is left off: ${variables(items)} is not set`,
    );
  }
  const chosen = new Set<unknown>([getAt(value, ['llm', 'default']), ...toList(getAt(value, ['llm', 'fallbacks']))]);
  for (const agent of Object.values(getAt(value, ['agents']) ?? {})) chosen.add(getAt(agent, ['model']));
  for (const [name, items] of grouped(expanded.unset, ['llm', 'models'])) {
    if (chosen.has(name) || (chosen.has(undefined) && chosen.size === 1)) continue;
    settled(items);
    value = withoutAt(value, ['llm', 'models', name]);
    warnings.push(
      `${where(['llm', 'models', name])}: model ${String(name)} is left out: ${variables(items)} is not set`,
    );
  }
  return { value, warnings, remaining };
}

const toList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
