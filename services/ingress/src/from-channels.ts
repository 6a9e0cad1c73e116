import { type Channel, type ChannelCode, type Connection, findChannel } from '@queueclaw/channels';
import type { Blobs } from '@queueclaw/blobs';
import { toAppError } from '@queueclaw/contracts';
import type { Drafts, HolderLine, SendGate, Shards } from '@queueclaw/mailbox';
import { type ChannelConfig, createSlots, type Health, type Logger } from '@queueclaw/runtime';
import { setTimeout as pause } from 'node:timers/promises';
import { doorOf, type Entry, keyOf, usualAccount } from './door-of.js';
import { publishMenu } from './publish-menu.js';
import { blobBytes } from './reply-files.js';
import { type OpenFile, throughHolder } from './through-holder.js';
import { type AdmissionOptions, createAdmission } from './access/admission.js';
import { sharedConversation } from './access/shared-conversation.js';
import { shareParts } from './share-parts.js';

import type { ToMessages } from './to-messages.js';
import type { Typing } from './typing.js';

/** A connected account of a platform. */
export type OpenAccount = {
  readonly channel: Channel;
  readonly code: ChannelCode<unknown>;
  readonly connection: Connection;
  /** Ends listening. */
  deafen(): Promise<void>;
};

/** The connected accounts of all platforms. */
export type FromChannels = {
  /** Connects what is configured. An account that cannot connect is named in the log and left off. */
  start(): Promise<void>;
  /** After a change of the configuration: connects what is enabled now, ends what no longer is. Never rejects. */
  follow(configured: readonly ChannelConfig[]): Promise<void>;
  stop(): Promise<void>;
  find(channel: string, account: string | undefined): OpenAccount | undefined;
};

export type FromChannelsOptions = {
  readonly configured: readonly ChannelConfig[];
  readonly toMessages: ToMessages;
  readonly typing: Typing;
  /** Where it is kept who listens, of connections that only one may hold. */
  readonly shards: Shards;
  /** To whoever listens, for connections by which only that process can send; absent: others cannot. */
  readonly line?: HolderLine;
  /** Where files that people send are kept; absent: they are not read. */
  readonly blobs?: Blobs;
  /** Whether something listens to voice notes at the moment; absent: nothing does. */
  readonly hears?: () => boolean;
  /** Where answers grow while they are written; absent: they come when they are whole. */
  readonly drafts?: Drafts;
  /** Keeps to what platforms take; absent: nothing is counted. */
  readonly gate?: SendGate;
  readonly health: Health;
  readonly logger: Logger;
  /** Says that an outbox has something to say; absent: it is found within a second. */
  readonly announce?: AdmissionOptions['announce'];
  /** Before the second try to connect, milliseconds; later ones wait up to a minute. For tests. */
  readonly retryMs?: number;
  /** The registry's look-up; another one in tests. */
  readonly find?: (name: string) => Channel | undefined;
};

const retryMsMax = 60_000;
/** Downloads at once, of this process. */
const downloadsMax = 32;
const keyIn = ({ name, account }: ChannelConfig): string => keyOf(name, account);

/** Receives from platforms: parses what they send into mail, and acknowledges after it is durable. */
export function fromChannels(options: FromChannelsOptions): FromChannels {
  const { configured, health, logger, retryMs = 1_000, find = findChannel } = options;
  const open = new Map<string, OpenAccount>();
  /** What is connected or about to be. */
  const held = new Map<string, AbortController>();
  /** Who may talk by which account; it may change while the account is connected. */
  const access = new Map(configured.map((settings) => [keyIn(settings), settings.access]));
  const admission = createAdmission(options);
  const downloads = createSlots(downloadsMax);
  let ended = false;
  let turn = Promise.resolve();

  const connect = async (settings: ChannelConfig, signal: AbortSignal): Promise<void> => {
    const { name, account = usualAccount } = settings;
    const channel = find(name);
    if (channel === undefined)
      return logger.warn({ channel: name }, `there is no channel ${name.slice(0, 64)}; it is left off`);
    if (channel.capabilities.delivery === 'stream') return;
    const config = channel.config.safeParse(settings.config);
    if (!config.success) {
      const fields = config.error.issues.map(({ path }) => path.join('.'));
      const what = `the channel ${name} is left off: settings are missing or wrong (${fields.join(', ').slice(0, 200)})`;
      return logger.warn({ channel: name, account, fields }, what);
    }
    const code = await channel.load();
    const join = code.connect;
    if (join === undefined) return;
    const accessNow = (): ChannelConfig['access'] => access.get(keyOf(name, account)) ?? settings.access;
    const entry: Entry = {
      laneOf: (incoming) => sharedConversation(incoming, accessNow()),
      admit: (incoming) => admission({ ...settings, channel: name, account, access: accessNow() }, incoming),
      downloads,
    };
    const door = doorOf(options, settings, code, signal, () => open, entry);
    const tryOnce = async (): Promise<void> => {
      door.trouble('not connected');
      const own = await join(config.data, door).catch((thrown: unknown) => {
        const error = toAppError(thrown, 'channel.failed');
        door.trouble(error.publicMessage);
        throw error;
      });
      if (signal.aborted) return own.stop();
      const connection = shared(channel, settings, own);
      door.trouble(undefined);
      const deafen = listen(options, settings, channel, connection, door.troubled);
      open.set(keyOf(name, account), { channel, code, connection, deafen });
      void publishMenu(connection, { shards: options.shards, account: keyOf(name, account), logger, signal });
    };
    try {
      await tryOnce();
    } catch (error) {
      logger.error({ err: error, channel: name, account }, `the channel ${name} cannot connect; it is tried again`);
      void keepTrying(settings, tryOnce, signal);
    }
  };
  const shared = ({ capabilities }: Channel, settings: ChannelConfig, own: Connection): Connection => {
    const { blobs } = options;
    const name = keyIn(settings);
    const files = blobs && { openFile: ((file) => blobBytes(blobs, settings.tenant, file)) satisfies OpenFile };
    if (capabilities.sends !== 'holder' || options.line === undefined) return own;
    const onError = (err: unknown): void => logger.warn({ err }, `others cannot send by ${name}`);
    return throughHolder(own, { line: options.line, name, onError, ...files });
  };
  /** A platform that is away when we start, or a network that is not there yet, comes back some time. */
  const keepTrying = async (
    { name, account = usualAccount }: ChannelConfig,
    tryOnce: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> => {
    for (let failures = 1; !signal.aborted && !open.has(keyOf(name, account)); failures += 1) {
      await pause(Math.min(retryMs * 2 ** Math.min(failures - 1, 8), retryMsMax), undefined, {
        signal,
        ref: false,
      }).catch(() => undefined);
      if (signal.aborted) return;
      await tryOnce().then(
        () => logger.info({ channel: name, account }, `the channel ${name} is connected now`),
        () => undefined,
      );
    }
  };
  const hold = async (settings: ChannelConfig): Promise<void> => {
    const stopping = new AbortController();
    held.set(keyIn(settings), stopping);
    try {
      await connect(settings, stopping.signal);
    } catch (error) {
      logger.error({ err: error, channel: settings.name }, `the channel ${settings.name} is left off`);
    }
  };
  const letGo = async (key: string): Promise<void> => {
    held.get(key)?.abort();
    held.delete(key);
    const account = open.get(key);
    open.delete(key);
    health.report(`channel ${key}`, async () => ({ ok: true, detail: 'disabled' }), { informs: true });
    await account?.deafen();
    await account?.connection
      .stop()
      .catch((error: unknown) => logger.warn({ err: error }, `the end of channel ${key}`));
  };
  const follow = async (wanted: readonly ChannelConfig[]): Promise<void> => {
    if (ended) return;
    const enabled = wanted.filter(({ enable }) => enable);
    const keys = new Set(enabled.map(keyIn));
    await Promise.all([...held.keys()].filter((key) => !keys.has(key)).map(letGo));
    await Promise.all(enabled.filter((settings) => !held.has(keyIn(settings))).map(hold));
  };
  const inTurn = (wanted: readonly ChannelConfig[]): Promise<void> => {
    turn = turn
      .then(() => follow(wanted))
      .catch((error: unknown) => logger.error({ err: error }, 'not every channel follows the configuration'));
    return turn;
  };

  return {
    start: () => inTurn(configured),
    follow: (wanted) => {
      // At once, however long another account takes to connect.
      for (const settings of wanted) access.set(keyIn(settings), settings.access);
      return inTurn(wanted);
    },
    stop: async () => {
      ended = true;
      for (const stopping of held.values()) stopping.abort();
      held.clear();
      await Promise.allSettled([...open.values()].map(({ deafen }) => deafen()));
      await Promise.allSettled([...open.values()].map(({ connection }) => connection.stop()));
      open.clear();
    },
    find: (channel, account) => open.get(keyOf(channel, account)),
  };
}

/** Listens, alone in the fleet where the platform allows one listener. Returns what ends it. */
function listen(
  { shards, logger }: FromChannelsOptions,
  { name, account = usualAccount }: ChannelConfig,
  { capabilities }: Channel,
  { listen: work, parts }: Connection,
  trouble: () => string | undefined,
): () => Promise<void> {
  if (work === undefined) return async () => undefined;
  const onError = (error: unknown): void =>
    logger.warn({ channel: name, account, err: error }, 'a channel stopped listening');
  if (capabilities.holders === 'any') {
    const stopping = new AbortController();
    const running = work(stopping.signal).catch(onError);
    return async () => {
      stopping.abort();
      await running;
    };
  }
  return shareParts({ shards, name: keyOf(name, account), parts, trouble, logger, onError }, work);
}
