import { type ActorAddress, type AskedCall, keys, parseActorMember } from '@queueclaw/contracts';
import type { Conversations } from '@queueclaw/conversations';
import type { Mailbox } from '@queueclaw/mailbox';
import { newId } from '@queueclaw/runtime';
import { refusalOf } from './phrases/index.js';

/** A call that waits for a person, as operators see it. */
export type ApprovalRow = {
  readonly tenant: string;
  readonly conversation: string;
  readonly approval: string;
  readonly person: string;
  readonly tool: string;
  /** The command, or the tool's arguments. */
  readonly command: string;
  readonly askedAt: number;
  readonly expiresAt: number;
};

export const approvalActions = ['approve', 'always', 'deny'] as const;
/** `always`: for the rest of the conversation. */
export type ApprovalAction = (typeof approvalActions)[number];

/** What waits for people in several tenants. */
export type ApprovalDesk = {
  /** What expires first in front; at most so many. */
  list(): Promise<readonly ApprovalRow[]>;
  /**
   * Decides in an operator's name; the agents obey it like a person's word.
   * @throws AppError request.invalid: nothing of this name waits
   */
  act(action: ApprovalAction, approval: string, by: string): Promise<ApprovalRow>;
};

/** Conversations of a shard that are looked at: those that wait longest for something to come. */
const lookedAtMax = 1_000;
const atOnce = 50;

function commandOf({ name, args }: AskedCall): string {
  const command = typeof args === 'object' && args !== null && 'command' in args ? args.command : undefined;
  return name === 'shell' && typeof command === 'string' ? command : `${name} ${JSON.stringify(args)}`;
}

/** @param tenants that the configuration names */
export function openApprovalDesk(
  mailbox: Mailbox,
  conversations: Conversations,
  tenants: readonly string[],
  now: () => number,
): ApprovalDesk {
  const rowsOf = async (address: ActorAddress): Promise<readonly ApprovalRow[]> => {
    const { journal, decided } = await mailbox.glance(address);
    const asker = journal?.answers[0];
    return (journal?.asking ?? []).flatMap((asked) => {
      const { approval, name: tool, call, askedAt, expiresAt } = asked;
      if (decided.has(call) || expiresAt <= now()) return [];
      const person = asker === undefined ? '' : `${asker.route.channel}/${asker.from.id}`;
      return [{ ...address, approval, person, tool, command: commandOf(asked), askedAt, expiresAt }];
    });
  };
  const list = async (): Promise<readonly ApprovalRow[]> => {
    // Who waits for a person has its deadline in the index of what is due, and nearly always the latest ones.
    const due = await Promise.all(
      mailbox.shards.all.map(({ tag, redis }) => redis.zrevrange(keys.due(tag, 'messages'), 0, lookedAtMax - 1)),
    );
    const waiting = due
      .flat()
      .map(parseActorMember)
      .filter(({ tenant }) => tenants.includes(tenant));
    const rows: ApprovalRow[] = [];
    for (let at = 0; at < waiting.length; at += atOnce)
      rows.push(...(await Promise.all(waiting.slice(at, at + atOnce).map(rowsOf))).flat());
    return rows.toSorted((a, b) => a.expiresAt - b.expiresAt || a.approval.localeCompare(b.approval));
  };
  return {
    list,
    act: async (action, approval, by) => {
      const row = (await list()).find((one) => one.approval === approval);
      if (row === undefined) throw refusalOf('request.invalid', 'wrong.approval');
      const { tenant, conversation } = row;
      await conversations.control(
        { tenant, conversation },
        {
          ...{ v: 1, kind: 'control', id: newId(), action: action === 'deny' ? 'deny' : 'approve', approval },
          ...(action === 'always' ? { scope: 'conversation' as const } : {}),
          ...{ operator: true, from: { id: by.slice(0, 256) }, route: { channel: 'http' }, at: now() },
        },
      );
      return row;
    },
  };
}
