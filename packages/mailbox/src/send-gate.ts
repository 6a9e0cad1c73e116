import { type AppError, keys } from '@queueclaw/contracts';
import { randomUUID } from 'node:crypto';
import { row } from './reply-shapes.js';
import type { Shards } from './shards.js';

/** So many sends in any so many milliseconds. */
export type SendRate = { readonly most: number; readonly ms: number };

/** One send that somebody wants to make. */
export type SendWish = {
  /** `telegram/main` */
  readonly account: string;
  /** The platform's id of the chat. */
  readonly chat: string;
  readonly rates: { readonly account: readonly SendRate[]; readonly chat: readonly SendRate[] };
  /** It was sent away before, or is the next part of something: it does not go behind others again. */
  readonly before: boolean;
  /** Only what others leave, now or not at all: a message, or a change of one, whose account's rates are counted apart. */
  readonly spare?: 'send' | 'edit';
};

/** A permitted send; it has to be left, whatever becomes of it. Left twice it was left once. */
export type SendPass = {
  /** Milliseconds until it is its turn. */
  readonly waitMs: number;
  /**
   * What became of it: undefined when it went well, `unknown` when we broke off. Costs a command only where
   * somebody has to know. Never rejects.
   */
  leave(how: AppError | 'unknown' | undefined): Promise<void>;
};

/** `again`: wait so long, and ask again; `slow`: it is too long to wait for; `down`: the platform is away. */
export type SendEntry = SendPass | { readonly why: 'again' | 'slow' | 'down'; readonly ms: number };

/**
 * Who may send to a platform now, by what all replicas know together: its rates, the times for which it wants to be left
 * alone, and whether it is away. While it is away, one send at a time tries.
 */
export type SendGate = {
  /** Asks once. Another account, and another chat of this one, is never held up by what one chat is told. */
  enter(wish: SendWish): Promise<SendEntry>;
};

/** The longest time that a sender waits in its place. */
export const sendPatienceMs = 1_000;
/** How long the one that tries is believed in. */
const triesMs = 30_000;
const chatMax = 200;
/** Of one account in one process: fewer than half of the places that it has for deliveries. */
const underWayMost = 100;

/** Opens the gate of a deployment. Its sends that are under way, waits included, are bounded for each account. */
export function openSendGate({ space, all }: Shards): SendGate {
  const underWay = new Map<string, number>();
  const count = (account: string, by: number): void => {
    const sends = (underWay.get(account) ?? 0) + by;
    if (sends > 0) underWay.set(account, sends);
    else underWay.delete(account);
  };
  return {
    async enter({ account, chat, rates, before, spare }) {
      // A platform that takes a message and never answers is not to take every place of this process.
      if ((underWay.get(account) ?? 0) >= underWayMost) return { why: 'slow', ms: sendPatienceMs };
      const run = all[0]?.run;
      if (run === undefined) throw new Error('no shard');
      const me = randomUUID();
      const to = chat.slice(0, chatMax);
      const key = (what: Parameters<typeof keys.sender>[2], of?: string): string =>
        keys.sender(space.namespace, account, what, of);
      const names = [
        key('gate'),
        key(spare === 'edit' ? 'edits' : 'sends'),
        key('chat', to),
        key('wait', to),
        key('failed'),
        key('slowed'),
      ];
      const list = (some: readonly SendRate[]): readonly number[] => [
        some.length,
        ...some.flatMap(({ most, ms }) => [most, ms]),
      ];
      const asked = [
        me,
        sendPatienceMs,
        spare === undefined ? Number(before) : 2,
        triesMs,
        ...list(rates.account),
        ...list(rates.chat),
      ];
      count(account, 1);
      const answer = await run('maySend', names, asked).catch((error: unknown) => {
        count(account, -1);
        throw error;
      });
      const [what, ms, marked, tries] = row(answer);
      if (what !== 'ok') {
        count(account, -1);
        return { why: what as 'again' | 'slow' | 'down', ms: Math.max(1, Number(ms)) };
      }
      let left = false;
      return {
        waitMs: Number(ms),
        leave: async (how) => {
          if (left) return;
          left = true;
          count(account, -1);
          const verdict = verdictOf(how);
          if ((verdict === 'answered' && marked === 0 && tries === 0) || (verdict === 'unknown' && tries === 0)) return;
          const error = verdict === 'slow' ? (how as AppError) : undefined;
          const wait = Math.min(Math.max(1, Math.ceil(error?.retryAfterMs ?? 1)), waitMsMax);
          // What was sent was sent, whether others hear of it or not.
          await run('toldBySend', names, [me, verdict, to, wait, error?.waits ?? '']).catch(() => undefined);
        },
      };
    },
  };
}

const waitMsMax = 3_600_000;

/** What the platform refuses for good shows that it is there. */
function verdictOf(how: AppError | 'unknown' | undefined): 'answered' | 'failed' | 'slow' | 'unknown' {
  if (how === 'unknown') return how;
  if (how === undefined) return 'answered';
  if (how.retryAfterMs !== undefined) return 'slow';
  return how.disposition === 'retry' ? 'failed' : 'answered';
}
