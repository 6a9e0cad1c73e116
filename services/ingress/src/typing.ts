import type { ActorAddress, ServerFrame } from '@queueclaw/contracts';
import type { FromLive } from './from-live.js';

export type TypingOptions = {
  readonly fromLive: FromLive;
  /** Between two signs, milliseconds: platforms show one for 5 to 10 s. */
  readonly everyMs?: number;
  /** How long one message may keep it up, milliseconds. */
  readonly longestMs?: number;
  /** Conversations at once; more go without. */
  readonly most?: number;
};

/** How one conversation's people see that the assistant is at work. */
export type Signs = {
  /** Says so for some seconds. */
  readonly show?: (() => Promise<void>) | undefined;
  /** Hears everything of the conversation, from before the message is accepted until all of them are answered, and then its end. */
  readonly growing?: (() => { hear(frame: ServerFrame): void; end(): void }) | undefined;
};

/** Shows people on platforms that the assistant is at work. */
export type Typing = {
  /**
   * Accepts a message by `accept`, which says whether an answer is to come, and gives the signs until it has. Rejects
   * only as `accept` does: a sign that cannot be given is left out.
   */
  during(address: ActorAddress, id: string, signs: Signs, accept: () => Promise<boolean>): Promise<void>;
  stop(): void;
};

type Shown = { readonly waiting: Set<string>; sign(): void; end(): void };

const keyOf = ({ tenant, conversation }: ActorAddress): string => `${tenant}/${conversation}`;

/** A sign that never outlives its message by more than `longestMs`, whatever is lost. */
export function createTyping(options: TypingOptions): Typing {
  const { fromLive, everyMs = 4_500, longestMs = 900_000, most = 500 } = options;
  const shown = new Map<string, Shown>();

  /** Follows the conversation before its message is accepted, so that no answer can be missed. */
  const open = async (address: ActorAddress, { show, growing }: Signs): Promise<Shown | undefined> => {
    const key = keyOf(address);
    const known = shown.get(key);
    if (known !== undefined) return known;
    if (shown.size >= most) return undefined;
    const waiting = new Set<string>();
    let stopFollowing: (() => void) | undefined;
    let ended = false;
    const grown = growing?.();
    let silent = show === undefined;
    const sign = (): void => {
      if (silent || waiting.size === 0) return;
      show?.().catch(() => {
        silent = true;
        if (grown === undefined) end();
      });
    };
    const timer = setInterval(sign, everyMs);
    const late = setTimeout(end, longestMs);
    function end(): void {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      clearTimeout(late);
      shown.delete(key);
      grown?.end();
      stopFollowing?.();
    }
    const one: Shown = { waiting, sign, end };
    shown.set(key, one);
    try {
      stopFollowing = await fromLive(address, undefined, (frame) => {
        grown?.hear(frame);
        if (frame.type !== 'reply') return;
        for (const id of frame.answers) waiting.delete(id);
        if (waiting.size === 0) end();
      });
      if (ended) stopFollowing();
    } catch {
      end();
    }
    return one;
  };

  return {
    during: async (address, id, signs, accept) => {
      const one = await open(address, signs);
      one?.waiting.add(id);
      let expected = false;
      try {
        expected = await accept();
      } finally {
        if (!expected) one?.waiting.delete(id);
        if (one?.waiting.has(id)) one.sign();
        else if (one?.waiting.size === 0) one.end();
      }
    },
    stop: () => {
      for (const one of shown.values()) one.end();
    },
  };
}
