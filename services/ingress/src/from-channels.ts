import { type Channel, type ChannelCode, type Connection, findChannel } from '@queueclaw/channels';
import { toAppError } from '@queueclaw/contracts';
import { type ChannelConfig, type Health, type Logger, newId } from '@queueclaw/runtime';
import type { ToMessages } from './to-messages.js';

/** A connected account of a platform. */
export type OpenAccount = {
  readonly channel: Channel;
  readonly code: ChannelCode<unknown>;
  readonly connection: Connection;
};

/** The connected accounts of all platforms. */
export type FromChannels = {
  /** Connects what is configured. An account that cannot connect is named in the log and left off. */
  start(): Promise<void>;
  stop(): Promise<void>;
  find(channel: string, account: string | undefined): OpenAccount | undefined;
};

export type FromChannelsOptions = {
  readonly configured: readonly ChannelConfig[];
  readonly toMessages: ToMessages;
  readonly health: Health;
  readonly logger: Logger;
  /** The registry's look-up; another one in tests. */
  readonly find?: (name: string) => Channel | undefined;
};

const usualAccount = 'main';
const keyOf = (channel: string, account: string = usualAccount): string => `${channel}/${account}`;

/** Receives from platforms: parses what they send into mail, and acknowledges after it is durable. */
export function fromChannels(options: FromChannelsOptions): FromChannels {
  const { configured, logger, find = findChannel } = options;
  const open = new Map<string, OpenAccount>();
  const stopping = new AbortController();

  const connect = async (settings: ChannelConfig): Promise<void> => {
    const { name, account = usualAccount } = settings;
    const channel = find(name);
    if (channel === undefined) return logger.warn({ channel: name }, 'there is no such channel; it is left off');
    if (channel.capabilities.delivery === 'stream') return;
    const config = channel.config.safeParse(settings.config);
    if (!config.success) {
      const fields = config.error.issues.map(({ path }) => path.join('.'));
      return logger.warn({ channel: name, account, fields }, 'settings are missing or wrong; the channel is left off');
    }
    const code = await channel.load();
    if (code.connect === undefined) return;
    const connection = await code.connect(
      config.data,
      doorOf(options, settings, code, stopping.signal, () => open),
    );
    open.set(keyOf(name, account), { channel, code, connection });
  };

  return {
    start: async () => {
      const enabled = configured.filter(({ enable }) => enable);
      const results = await Promise.allSettled(enabled.map(connect));
      for (const [at, result] of results.entries())
        if (result.status === 'rejected')
          logger.error(
            { err: result.reason as unknown, channel: enabled[at]?.name },
            'a channel cannot connect; it is left off',
          );
    },
    stop: async () => {
      stopping.abort();
      await Promise.allSettled([...open.values()].map(({ connection }) => connection.stop()));
      open.clear();
    },
    find: (channel, account) => open.get(keyOf(channel, account)),
  };
}

function doorOf(
  { toMessages, health }: FromChannelsOptions,
  { name, account = usualAccount, tenant }: ChannelConfig,
  code: ChannelCode<unknown>,
  signal: AbortSignal,
  open: () => ReadonlyMap<string, OpenAccount>,
): Parameters<NonNullable<ChannelCode<unknown>['connect']>>[1] {
  let trouble: string | undefined;
  health.report(`channel ${keyOf(name, account)}`, async () =>
    trouble === undefined ? { ok: true } : { ok: false, detail: trouble },
  );
  return {
    account,
    signal,
    trouble: (sentence) => void (trouble = sentence),
    receive: async (payload) => {
      const self = open().get(keyOf(name, account))?.connection.self;
      for (const { conversation, mail } of code.parse(payload, { account, self, newId })) {
        try {
          await toMessages({ tenant, conversation }, mail);
        } catch (thrown) {
          // The platform sent the same event with another text, as after an edit: the first one counts.
          if (toAppError(thrown).code !== 'message.conflict') throw thrown;
        }
      }
    },
  };
}
