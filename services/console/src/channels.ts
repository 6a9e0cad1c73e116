import { type HeldBy, readHolders, type Shards } from '@queueclaw/mailbox';
import type { ChannelConfig } from '@queueclaw/runtime';

/** An account of a messaging app, and which replica holds its connection. */
export type AccountState = {
  readonly channel: string;
  readonly account: string;
  readonly tenant: string;
  readonly enabled: boolean;
  /** Absent where nobody holds one: platforms that call us need none. */
  readonly holder?: HeldBy;
};
export type ReadChannels = () => Promise<readonly AccountState[]>;

/** The configured accounts as they are now. @throws what Redis says */
export function openChannels(shards: Shards, configured: () => readonly ChannelConfig[]): ReadChannels {
  return async () => {
    const accounts = configured().map(({ name, account = 'main', tenant, enable }) => ({
      ...{ channel: name, account, tenant, enabled: enable },
    }));
    const holders = await readHolders(
      shards,
      accounts.map(({ channel, account }) => `${channel}/${account}`),
    );
    return accounts.map((one, at) => {
      const holder = holders[at];
      return holder === undefined ? one : { ...one, holder };
    });
  };
}
