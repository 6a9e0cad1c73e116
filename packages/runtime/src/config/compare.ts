import { isDeepStrictEqual } from 'node:util';
import { getAt, isPlainObject, withAt, withoutAt } from './paths.js';
import { type ConfigPath, formatPath } from './problem.js';
import { type ChannelConfig, Config } from './schema.js';

/** What another configuration would change while everything runs. */
export type ConfigChange = {
  /** What is to be in force: the other one's hot settings over everything else as it was. */
  readonly config: Config;
  /** Paths of hot settings that differ. */
  readonly changed: readonly string[];
  /** Paths of settings that differ and only count after a restart. */
  readonly restartNeeded: readonly string[];
};

/**
 * What services read anew whenever they need it. A setting that is not listed here needs a restart: list it when nothing
 * keeps a copy of it. Of `channels`, `enable`, `agent` and `access` are hot.
 */
const hot: readonly ConfigPath[] = [
  ['agents'],
  ['llm'],
  ['speech'],
  ['schedules'],
  ['memory'],
  ...['enable_dangerous', 'timeout', 'allowed_commands', 'policy', 'approvals'].map((key) => ['tools', key]),
  ['limits'],
];

const pathsMax = 30;

const withChannel = (channel: ChannelConfig, others: readonly ChannelConfig[]): ChannelConfig => {
  const twin = others.find(({ name, account }) => name === channel.name && account === channel.account);
  if (twin === undefined) return channel;
  const { agent: _, ...rest } = channel;
  const { access, enable } = twin;
  const merged = { ...rest, ...(twin.agent === undefined ? {} : { agent: twin.agent }), access, enable };
  // With other credentials or another tenant it must not be switched on before the restart that brings them.
  return isDeepStrictEqual(merged, twin) ? merged : { ...merged, enable: channel.enable && twin.enable };
};

const differences = (left: unknown, right: unknown, path: ConfigPath = []): ConfigPath[] => {
  if (isDeepStrictEqual(left, right)) return [];
  if (isPlainObject(left) && isPlainObject(right)) {
    const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return names.flatMap((name) => differences(left[name], right[name], [...path, name]));
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length && left.every(isPlainObject))
    return left.flatMap((item, at) => differences(item, right[at], [...path, at]));
  return [path];
};

const named = (paths: readonly ConfigPath[]): string[] => {
  const names = paths.slice(0, pathsMax).map(formatPath);
  return paths.length > pathsMax ? [...names, `${paths.length - pathsMax} more`] : names;
};

/** Compares the configuration in force with another valid one. */
export function compareConfigs(inForce: Config, other: Config): ConfigChange {
  let merged: unknown = inForce;
  for (const path of hot) {
    const value = getAt(other, path);
    merged = value === undefined ? withoutAt(merged, path) : withAt(merged, path, value);
  }
  merged = withAt(
    merged,
    ['channels'],
    inForce.channels.map((channel) => withChannel(channel, other.channels)),
  );
  const config = Config.parse(merged);
  return {
    config,
    changed: named(differences(inForce, config)),
    restartNeeded: named(differences(config, other)),
  };
}
