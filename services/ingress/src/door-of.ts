import { type ChannelCode, type ChannelDoor, type Connection, createLanes, type Incoming } from '@queueclaw/channels';
import { AppError, toAppError } from '@queueclaw/contracts';
import { channelNotes } from '@queueclaw/mailbox';
import { type ChannelConfig, counter, createSlots, type HealthCheck, newId, type Slots } from '@queueclaw/runtime';
import type { FromChannelsOptions, OpenAccount } from './from-channels.js';
import { growAnswer } from './growing.js';
import { takeFiles } from './take-files.js';
import { tellRefused } from './tell-refused.js';
import type { Signs } from './typing.js';

const unreadTotal = counter('queueclaw_channel_payloads_unread_total', 'Payloads that a channel could not read', [
  'channel',
]);

export const usualAccount = 'main';
/** What an account is called inside the ingress. */
export const keyOf = (channel: string, account: string = usualAccount): string => `${channel}/${account}`;

/** Messages of an account, and of one conversation, that may wait for those before them and for their files. */
const waitingMax = 1_000;
const waitingOfOneMax = 100;
/** Downloads of one account at once. */
const downloadsOfOneMax = 12;

/** How what an account brings gets in. */
export type Entry = {
  /** What is kept in order. */
  readonly laneOf: (incoming: Incoming) => string;
  readonly admit: (incoming: Incoming) => Promise<Incoming | undefined>;
  /** Of all accounts together. */
  readonly downloads: Slots;
};

/** What a connection is given: it takes what comes in, each conversation's in order and none waiting for another's. */
export function doorOf(
  { toMessages, typing, drafts, shards, blobs, gate, health, logger, hears = () => false }: FromChannelsOptions,
  { name, account = usualAccount, tenant, stream }: ChannelConfig,
  code: ChannelCode<unknown>,
  signal: AbortSignal,
  open: () => ReadonlyMap<string, OpenAccount>,
  { laneOf, admit, downloads }: Entry,
): ChannelDoor & { troubled(): string | undefined } {
  let trouble: string | undefined;
  // One app in trouble takes no replica away from all the others.
  const check = async (): Promise<HealthCheck> =>
    trouble === undefined ? { ok: true } : { ok: false, detail: trouble };
  health.report(`channel ${keyOf(name, account)}`, check, { informs: true });
  const opened = (): OpenAccount | undefined => open().get(keyOf(name, account));
  const connection = (): Connection | undefined => opened()?.connection;

  const accept = async ({ conversation, mail }: Incoming): Promise<void> => {
    const address = { tenant, conversation };
    const post = async (): Promise<boolean> => {
      const { status } = await toMessages(address, mail);
      const fresh = status === undefined;
      if (fresh)
        void connection()
          ?.seen?.(mail.route, signal)
          .catch(() => undefined);
      return fresh || status.status === 'accepted';
    };
    const { typing: show, edit } = connection() ?? {};
    const signs: Signs = {
      show: show === undefined ? undefined : () => show(mail.route, signal),
      growing:
        edit === undefined || stream === 'off' || drafts === undefined
          ? undefined
          : () =>
              growAnswer({ address, to: { ...mail.route, account }, account: opened, drafts, gate, logger, signal }),
    };
    if (signs.show === undefined && signs.growing === undefined) await post();
    else await typing.during(address, mail.id, signs, post);
  };
  /** What is not accepted for good holds up nobody else; its person is told. */
  const refuse = async (incoming: Incoming, error: AppError): Promise<void> => {
    // The platform sent the same event with another text, as after an edit: the first one counts.
    if (error.code === 'message.conflict') return;
    logger.warn({ channel: name, account, code: error.code }, 'a message was not accepted');
    await tellRefused({ account, open: opened, gate, signal }, incoming, error);
  };

  /** What the parser breaks on is no better the next time: it is counted and let go, and ends no connection. */
  const parse = (payload: unknown): readonly Incoming[] => {
    try {
      return code.parse(payload, { account, self: connection()?.self, newId });
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      unreadTotal.inc({ channel: name });
      // An error's words may repeat what somebody wrote.
      const error = thrown instanceof Error ? thrown.name : typeof thrown;
      logger.error({ channel: name, account, error }, 'what a channel brought could not be read');
      return [];
    }
  };

  const lanes = createLanes(waitingMax, waitingOfOneMax);
  const ownDownloads = createSlots(downloadsOfOneMax);
  const slots: Slots = (until, work) => ownDownloads(until, () => downloads(until, work));
  const take = async (incoming: Incoming): Promise<void> => {
    // We are stopping: whoever comes next takes it.
    if (signal.aborted) throw new AppError('system.unavailable');
    try {
      const heard = await admit(incoming);
      if (heard === undefined) return;
      const { fetch, webhook } = connection() ?? {};
      // Who calls us waits for three to five seconds, and calls again then.
      const msMax = webhook === undefined ? 8_000 : 2_500;
      await accept(await takeFiles(heard, { tenant, blobs, fetch, hears: hears(), slots, signal, msMax }));
    } catch (thrown) {
      const error = toAppError(thrown);
      // Ours: the platform brings it again.
      if (error.disposition === 'retry') throw error;
      await refuse(incoming, error);
    }
  };

  return {
    account,
    signal,
    notes: channelNotes(shards, keyOf(name, account)),
    trouble: (sentence) => void (trouble = sentence),
    troubled: () => trouble,
    receive: async (payload) => {
      const taken = parse(payload).map((incoming) => lanes.run(laneOf(incoming), () => take(incoming)));
      const failed = (await Promise.allSettled(taken)).find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
