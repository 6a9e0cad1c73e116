import type { Incoming } from '@queueclaw/channels';
import type { AccessConfig } from '@queueclaw/runtime';
import { groupSettings } from './group-settings.js';

/**
 * `hear`: it becomes mail. `ignore`: nothing happens. `code`: its writer may ask an operator to be let in. `id`, `group`: its
 * writer is told whose id an operator may allow.
 */
export type Verdict = 'hear' | 'ignore' | 'code' | 'id' | 'group';

/** What is said of a message before anybody reads it. */
export type Facts = Pick<Incoming, 'place' | 'addressed'> & { readonly person: string };

/** Telephone numbers are written with and without a plus. */
const plain = (id: string): string => id.replace(/^\+(?=\d+$)/, '');
const includes = (ids: readonly string[], id: string): boolean => ids.some((one) => plain(one) === plain(id));

/**
 * Decides who is heard. Alone with the bot: who is allowed, approved, everybody or nobody. In groups: what speaks to the bot
 * (unless it hears everything), in groups that are listed from everybody, in others from who may write to it alone. A message
 * that does not say where it was said is not heard.
 * @param isPaired whether an operator has approved the person; only asked when it counts
 */
export async function admit(
  access: AccessConfig,
  { place, addressed = false, person }: Facts,
  isPaired: () => Promise<boolean>,
): Promise<Verdict> {
  if (place === undefined) return 'ignore';
  const { direct, allow } = access;
  const isKnown = async (): Promise<boolean> =>
    includes(allow, person) || direct === 'open' || (direct === 'pairing' && (await isPaired()));
  if (place.kind === 'direct') {
    if (direct === 'off') return 'ignore';
    if (await isKnown()) return 'hear';
    return direct === 'pairing' ? 'code' : 'id';
  }
  const own = groupSettings(access, place);
  const { hears = access.groups, allow: only = [] } = own ?? {};
  if (hears === 'off' || (hears === 'mention' && !addressed)) return 'ignore';
  if (only.length > 0) return includes(only, person) ? 'hear' : 'ignore';
  const listed =
    own !== undefined || ['*', place.id, place.within ?? ''].some((id) => access.allow_groups.includes(id));
  if (listed || (await isKnown())) return 'hear';
  return addressed ? 'group' : 'ignore';
}
