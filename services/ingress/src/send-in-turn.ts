import type { Channel } from '@queueclaw/channels';
import { AppError, type Route, toAppError } from '@queueclaw/contracts';
import { type SendGate, type SendPass, type SendRate, sendPatienceMs, type SendWish } from '@queueclaw/mailbox';
import { setTimeout as pause } from 'node:timers/promises';
import { overdue, untilAborted } from './until-aborted.js';

export type Turn = {
  /** Absent: nothing is counted. */
  readonly gate: SendGate | undefined;
  readonly channel: Pick<Channel, 'name' | 'capabilities'>;
  readonly to: Route;
  /** The conversation's id, for routes that name no chat. */
  readonly conversation: string;
  /** It goes behind nobody: it was sent away before, or is a part of something that has begun. */
  readonly before: boolean;
  /** False: it is sent at once or not at all. */
  readonly waits?: boolean;
  /** With what others leave of the rates only, at once or not at all: a message, or a change of one. */
  readonly spare?: 'send' | 'edit';
  readonly signal: AbortSignal;
};

/** After so many short waits one after the other it is sent away. */
const waitsMost = 5;
const usualAccount = 'main';

/**
 * Sends when it is this one's turn, which all replicas know together: waits for a short time, and tells what became of it.
 * @throws AppError `channel.slow` and `channel.down` with `retryAfterMs` when it is not its turn for longer; what `send` throws
 */
export async function sendInTurn<T>(turn: Turn, send: () => Promise<T>): Promise<T> {
  const pass = await enter(turn);
  if (pass === undefined) return send();
  try {
    if (pass.waitMs > 0) await pause(pass.waitMs, undefined, { signal: turn.signal });
    const sent = await untilAborted(send(), turn.signal);
    await pass.leave(undefined);
    return sent;
  } catch (thrown) {
    const error = toAppError(thrown, 'channel.failed');
    await pass.leave(stopped(turn.signal) ? 'unknown' : error);
    throw error;
  }
}

/** We end ourselves; that a platform took too long is a failure of its own. */
const stopped = (signal: AbortSignal): boolean => signal.aborted && signal.reason !== overdue;

async function enter(turn: Turn): Promise<SendPass | undefined> {
  const { gate, signal } = turn;
  const patienceMs = turn.waits === false || turn.spare !== undefined ? 0 : sendPatienceMs;
  const wish = wishOf(turn);
  if (gate === undefined || wish === undefined) return undefined;
  for (let waits = 0; ; waits += 1) {
    const entry = await gate.enter({ ...wish, before: wish.before || waits > 0 });
    if (!('why' in entry)) {
      if (entry.waitMs <= patienceMs) return entry;
      await entry.leave('unknown');
      throw new AppError('channel.slow', { retryAfterMs: entry.waitMs });
    }
    const { why, ms } = entry;
    if (why === 'down') throw new AppError('channel.down', { retryAfterMs: ms });
    if (waits >= waitsMost || ms > patienceMs) throw new AppError('channel.slow', { retryAfterMs: ms });
    await pause(ms, undefined, { signal });
  }
}

/** The chat that a route leads to, as rates count it. */
export const chatOf = ({ capabilities }: Pick<Channel, 'capabilities'>, to: Route, conversation: string): string =>
  capabilities.rates?.chatIn.map((field) => to.address?.[field]).find((id) => id !== undefined) ?? conversation;

/** What the platform takes for one chat. */
export function ratesOf({ capabilities: { rates } }: Pick<Channel, 'capabilities'>, chat: string): readonly SendRate[] {
  if (rates === undefined) return [];
  const group = rates.group !== undefined && chat.startsWith(rates.group.prefix) ? rates.group.rates : [];
  return inMs([...rates.chat, ...group]);
}

const inMs = (some: readonly { readonly most: number; readonly seconds: number }[]): readonly SendRate[] =>
  some.map(({ most, seconds }) => ({ most, ms: seconds * 1_000 }));

function wishOf({ channel, to, conversation, before, spare }: Turn): SendWish | undefined {
  const { rates, grows } = channel.capabilities;
  if (rates === undefined) return undefined;
  const chat = chatOf(channel, to, conversation);
  const account = inMs(spare === 'edit' ? (grows?.rates ?? []) : rates.account);
  return {
    account: `${channel.name}/${to.account ?? usualAccount}`,
    chat,
    rates: { account, chat: ratesOf(channel, chat) },
    before,
    ...(spare === undefined ? {} : { spare }),
  };
}
