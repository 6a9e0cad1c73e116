import { type HeldBy, readHolders, readParts, type Shards } from '@queueclaw/mailbox';
import type { ChannelConfig } from '@queueclaw/runtime';

/** An account of a messaging app, and which replica holds its connection. */
export type AccountState = {
  readonly channel: string;
  readonly account: string;
  readonly tenant: string;
  readonly enabled: boolean;
  /** Absent where nobody holds one: platforms that call us need none. */
  readonly holder?: HeldBy;
  /** Of an account with several connections, like a sharded gateway. */
  readonly parts?: readonly { readonly part: string; readonly holder?: HeldBy }[];
};
export type ReadChannels = () => Promise<readonly AccountState[]>;

const heldBy = (holder: HeldBy | undefined): { readonly holder?: HeldBy } => (holder === undefined ? {} : { holder });

/** The configured accounts as they are now. @throws what Redis says */
export function openChannels(shards: Shards, configured: () => readonly ChannelConfig[]): ReadChannels {
  const read = async ({ name, account = 'main', tenant, enable }: ChannelConfig): Promise<AccountState> => {
    const known = { channel: name, account, tenant, enabled: enable };
    const key = `${name}/${account}`;
    const parts = await readParts(shards, key);
    const names = parts.length === 0 ? [key] : parts.map((part) => `${key}/${part}`);
    const holders = await readHolders(shards, names);
    if (parts.length === 0) return { ...known, ...heldBy(holders[0]) };
    return { ...known, parts: parts.map((part, at) => ({ part, ...heldBy(holders[at]) })) };
  };
  return () => Promise.all(configured().map(read));
}
