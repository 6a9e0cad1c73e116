import { isPlainObject } from './paths.js';
import type { ConfigPath } from './problem.js';

type Settings = Readonly<Record<string, unknown>>;

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isGroup = (id: unknown): boolean => String(id).startsWith('-');

/** The keys of a channel's `config` that say who is heard, in the words of earlier versions. */
function formerKeys(config: Settings): readonly string[] {
  const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
    direct: (value) => typeof value === 'string',
    allow: isList,
    ...Object.fromEntries(['groups', 'rooms', 'servers'].map((key) => [key, (value) => typeof value === 'string'])),
    ...Object.fromEntries(['channels', 'chats'].map((key) => [key, isList])),
  };
  const known = Object.keys(config).filter((key) => fits[key]?.(config[key]) === true);
  return isList(config['groups']) ? [...known, 'groups'] : known;
}

/** The same as `access`: as strict as it was, which is stricter alone and laxer in groups than the defaults. */
function accessOf(config: Settings): Settings {
  const lists = ['groups', 'channels', 'chats'].flatMap((key) => (isList(config[key]) ? config[key] : []));
  const modes = ['groups', 'rooms', 'servers'].flatMap((key) => (typeof config[key] === 'string' ? [config[key]] : []));
  const allow = isList(config['allow']) ? config['allow'] : [];
  const listed = [...lists, ...allow.filter(isGroup)];
  return {
    direct: config['direct'] ?? 'allowlist',
    allow: allow.filter((id) => !isGroup(id)),
    ...(modes.length > 0 ? { groups: modes[0] } : {}),
    allow_groups: listed.length > 0 ? listed : ['*'],
  };
}

/**
 * Moves settings that say who is heard from a channel's `config`, where they were once, to its `access`, each with a warning
 * that names the new place.
 * @param where how a path is called in a warning, e.g. `queueclaw.yaml:31`
 */
export function moveAccess(
  raw: unknown,
  where: (path: ConfigPath) => string | undefined,
): { value: unknown; warnings: string[] } {
  const channels = isPlainObject(raw) ? raw['channels'] : undefined;
  if (!isPlainObject(raw) || !isList(channels)) return { value: raw, warnings: [] };
  const warnings: string[] = [];
  const moved = channels.map((channel: unknown, at) => {
    const config = isPlainObject(channel) ? channel['config'] : undefined;
    if (!isPlainObject(channel) || !isPlainObject(config)) return channel;
    const keys = formerKeys(config);
    if (keys.length === 0) return channel;
    const place = where(['channels', at, 'config', keys[0] ?? '']) ?? 'configuration';
    const names = keys.map((key) => `config.${key}`).join(', ');
    warnings.push(`${place}: ${names} of channels[${at}] belong to its access now: see docs/channels.md`);
    const rest = Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
    const given = isPlainObject(channel['access']) ? channel['access'] : {};
    return { ...channel, config: rest, access: { ...accessOf(config), ...given } };
  });
  return { value: warnings.length === 0 ? raw : { ...raw, channels: moved }, warnings };
}
