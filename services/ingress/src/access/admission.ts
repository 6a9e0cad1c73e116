import type { Incoming } from '@queueclaw/channels';
import type { ActorAddress, PairingRequest, PhraseKey } from '@queueclaw/contracts';
import { parseCommand } from '@queueclaw/conversations';
import { noticeOf, notify, openPairings, type Shards, withinPace } from '@queueclaw/mailbox';
import { type AccessConfig, counter, type Logger } from '@queueclaw/runtime';
import { hash } from 'node:crypto';
import { admit } from './admit.js';
import { newPairingCode } from './pairing-code.js';
import { sharedConversation } from './shared-conversation.js';

export type AdmissionOptions = {
  readonly shards: Shards;
  /** Says that an outbox has something to say; absent: it is found within a second. */
  readonly announce?: ((address: ActorAddress, channel: string, why: 'reply') => Promise<void>) | undefined;
  readonly logger: Logger;
};

/** The account a message came by. */
export type Arrival = {
  readonly tenant: string;
  readonly channel: string;
  readonly account: string;
  /** What is in force now. */
  readonly access: AccessConfig;
};

/**
 * Says whether a message is heard, and in which conversation; undefined when nobody is to answer it. Who may not write is told
 * so, at most now and then, by the outbox: once in the fleet, however often the message comes again.
 * @throws AppError system.unavailable, system.full: the platform brings it again
 */
export type Admission = (arrival: Arrival, incoming: Incoming) => Promise<Incoming | undefined>;

const refusedTotal = counter(
  'queueclaw_messages_not_heard_total',
  'Messages that were not heard, by channel and reason',
  ['channel', 'reason'],
);
const hourMs = 3_600_000;
const paceToldMs = 600_000;
const shortHash = (text: string): string => hash('sha256', text).slice(0, 16);
const period = (ms: number): number => Math.floor(Date.now() / ms);

type Told = {
  readonly id: string;
  readonly key: PhraseKey;
  readonly values?: Record<string, string>;
  readonly once?: string;
};

/** The one admission of all messaging apps: channels state facts, what an operator configured and approved decides. */
export function createAdmission({ shards, announce, logger }: AdmissionOptions): Admission {
  const pairings = openPairings(shards);

  const tell = async (tenant: string, { conversation, mail }: Incoming, { once, ...told }: Told): Promise<boolean> => {
    const address = { tenant, conversation };
    const reply = noticeOf({ ...told, route: mail.route, language: mail.language });
    const first = await notify({ shards, address, reply, once });
    if (first) await announce?.(address, mail.route.channel, 'reply').catch(() => undefined);
    return first;
  };
  const giveCode = async ({ tenant, channel, account }: Arrival, incoming: Incoming): Promise<void> => {
    const { conversation, mail } = incoming;
    const { from, route, language } = mail;
    const request: PairingRequest = {
      v: 1,
      from,
      conversation,
      route,
      ...(language === undefined ? {} : { language }),
    };
    const answer = await pairings.ask({ tenant, account: `${channel}/${account}` }, request, newPairingCode());
    if (answer === 'full') return logger.warn({ channel, account }, 'too many people wait for a pairing code');
    const { code, telling } = answer;
    const told = { id: `code-${shortHash(code)}-${telling}`, key: 'access.code', values: { code } } as const;
    if ((await tell(tenant, incoming, told)) && telling === 1)
      logger.info({ channel, account }, 'somebody asks to write: queueclaw pairing list tells who');
  };
  /** Whether the conversation goes at a person's pace. What overtakes everything is never held up. */
  const keepsPace = async ({ tenant, access }: Arrival, { conversation, mail }: Incoming): Promise<boolean> =>
    parseCommand(mail.text) !== undefined ||
    withinPace(shards, { tenant, conversation }, mail.id, access.messages_per_minute);

  return async (arrival, incoming) => {
    const { tenant, channel, account, access } = arrival;
    const { place, addressed, mail } = incoming;
    const { id: person } = mail.from;
    const facts = { person, ...(place && { place }), ...(addressed !== undefined && { addressed }) };
    const isPaired = (): Promise<boolean> => pairings.isPaired({ tenant, account: `${channel}/${account}` }, person);
    const verdict = await admit(access, facts, isPaired);
    const refuse = (reason: string): void => refusedTotal.inc({ channel, reason });
    if (verdict !== 'hear') refuse(verdict);
    if (verdict === 'ignore') return undefined;
    if (verdict === 'code') {
      await giveCode(arrival, incoming);
      return undefined;
    }
    if (verdict === 'id' || verdict === 'group') {
      const once = verdict === 'id' ? person : (place?.id ?? '');
      const key = verdict === 'id' ? 'access.stranger' : 'access.group';
      const told = { id: `${verdict}-${period(hourMs)}`, key, values: { id: once } } as const;
      await tell(tenant, incoming, { ...told, once: `${channel}/${account}/${once}` });
      return undefined;
    }
    const said = place?.kind === 'group' ? { ...incoming, mail: { ...mail, group: true as const } } : incoming;
    const heard = { ...said, conversation: sharedConversation(incoming, access) };
    if (await keepsPace(arrival, heard)) return heard;
    refuse('pace');
    logger.warn({ channel, account }, 'messages come too fast to be a person: they are not answered');
    await tell(tenant, heard, { id: `pace-${period(paceToldMs)}`, key: 'access.pace' });
    return undefined;
  };
}
