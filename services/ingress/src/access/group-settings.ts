import type { Incoming } from '@queueclaw/channels';
import type { AccessConfig } from '@queueclaw/runtime';

/** What is configured of one group alone: by its own id, else by that of the place around it. */
export function groupSettings(
  { per_group: settings }: AccessConfig,
  { id, within }: NonNullable<Incoming['place']>,
): AccessConfig['per_group'][string] | undefined {
  const of = (key: string | undefined): AccessConfig['per_group'][string] | undefined =>
    key !== undefined && Object.hasOwn(settings, key) ? settings[key] : undefined;
  return of(id) ?? of(within);
}
