import { type Channel, renderReply } from '@queueclaw/channels';
import { type ActorAddress, type Route, type ServerFrame, toAppError } from '@queueclaw/contracts';
import type { Drafts, SendGate } from '@queueclaw/mailbox';
import { counter, type Logger, newId } from '@queueclaw/runtime';
import type { OpenAccount } from './from-channels.js';
import { chatOf, ratesOf, sendInTurn } from './send-in-turn.js';

export type GrowingOptions = {
  readonly address: ActorAddress;
  /** Where the answer is going to be. */
  readonly to: Route;
  readonly account: () => Pick<OpenAccount, 'channel' | 'code' | 'connection'> | undefined;
  readonly drafts: Drafts;
  readonly gate: SendGate | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** From the first word to the first draft, milliseconds: what is said sooner comes whole. */
  readonly firstMs?: number;
};

/** An answer that grows in a message of a platform while it is written. */
export type Growing = {
  hear(frame: ServerFrame): void;
  end(): void;
};

const grownTotal = counter('queueclaw_drafts_total', 'Messages of platforms in which an answer began to grow', [
  'channel',
]);

const usualFirstMs = 1_500;
/** Longer than a platform takes when it is well. A delivery waits as long for a change that is under way. */
const callMs = 5_000;
const busyMs = callMs + 500;
const textCharsMax = 20_000;
/** What shows that more is to come. */
const more = ' …';

type Said = { readonly turn: number; readonly step: number; readonly attempt: number; readonly text: string };

/** What a step has said so far, after another frame; a new turn, step or attempt begins anew, and an older one says nothing. */
function after(said: Said | undefined, frame: ServerFrame): Said | undefined {
  if (frame.type !== 'delta') return said;
  const { turn, step, attempt, text, replace } = frame;
  if (said !== undefined && turn === said.turn && step === said.step && attempt === said.attempt)
    return { ...said, text: (replace === true ? text : said.text + text).slice(0, textCharsMax) };
  const isOlder =
    said !== undefined &&
    (turn < said.turn || (turn === said.turn && (step < said.step || (step === said.step && attempt < said.attempt))));
  return isOlder ? said : { turn, step, attempt, text: text.slice(0, textCharsMax) };
}

/**
 * Shows what a model has said so far in one message of the platform, changed now and then, with what others leave of the
 * platform's rates. The answer itself is delivered by the outbox, into the same message; nothing here has to succeed for that.
 */
export function growAnswer(options: GrowingOptions): Growing {
  const { firstMs = usualFirstMs } = options;
  const by = newId();
  let said: Said | undefined;
  let shown: string | undefined;
  let changes = 0;
  /** The last turn of which no more is shown. */
  let overTurn = -1;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let ended = false;

  const plan = (waitMs: number): void => {
    if (ended || busy || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      busy = true;
      void change().finally(() => {
        busy = false;
        if (said !== undefined && said.text !== shown && said.turn > overTurn) plan(everyMs());
      });
    }, waitMs);
  };
  const everyMs = (): number => {
    const { channel } = options.account() ?? {};
    if (channel === undefined) return usualFirstMs;
    const chat = chatOf(channel, options.to, options.address.conversation);
    // Half of what the chat takes is left for answers.
    const ofChat = ratesOf(channel, chat).map(({ most, ms }) => (2 * ms) / most);
    return Math.max(channel.capabilities.grows?.everyMs ?? usualFirstMs, ...ofChat);
  };
  const change = async (): Promise<void> => {
    const now = said;
    if (now === undefined || now.text.trim() === '') return;
    const what = await show(options, { turn: now.turn, by, text: now.text, changes }).catch((thrown: unknown) => {
      const { code } = toAppError(thrown, 'channel.failed');
      options.logger.debug({ channel: options.to.channel, code }, 'an answer stopped growing');
      return 'over' as const;
    });
    if (what === 'over') overTurn = now.turn;
    if (what !== 'shown') return;
    shown = now.text;
    changes += 1;
    if (changes === 1) grownTotal.inc({ channel: options.to.channel });
  };

  return {
    hear: (frame) => {
      if (frame.type === 'reply' && frame.turn > 0) overTurn = Math.max(overTurn, frame.turn);
      const before = said?.turn;
      said = after(said, frame);
      if (frame.type !== 'delta' || said === undefined || said.turn <= overTurn) return;
      if (said.turn !== before) [shown, changes] = [undefined, 0];
      plan(changes === 0 ? firstMs : everyMs());
    },
    end: () => {
      ended = true;
      clearTimeout(timer);
    },
  };
}

type Step = { readonly turn: number; readonly by: string; readonly text: string; readonly changes: number };

/** Shows so much of an answer, in the message it began in. `later`: there was no room, the platform asks to wait, or an answer is on its way. */
async function show(
  { address, to, account, drafts, gate, signal }: GrowingOptions,
  { turn, by, text, changes }: Step,
): Promise<'shown' | 'later' | 'over'> {
  const { channel, code, connection } = account() ?? {};
  const { grows } = channel?.capabilities ?? {};
  const { send, edit, discard } = connection ?? {};
  if (channel === undefined || code === undefined || grows === undefined || send === undefined || edit === undefined)
    return 'over';
  if (changes >= (grows.most ?? Infinity) - keptChanges) return 'over';
  const base = { v: 1 as const, id: 'draft', turn, answers: [], status: 'answered' as const, route: to, at: 0 };
  const parts = renderReply(channel, code, { ...base, text: text + more });
  // As much as fits in one message; the rest comes with the answer.
  const [shown] = parts.length > 1 ? renderReply(channel, code, { ...base, text }) : parts;
  if (shown === undefined) return 'over';
  const out = { ...shown, growing: true as const };

  const draft = { address, turn, by, to: draftPlace(channel, to, address.conversation) };
  const until = AbortSignal.any([signal, AbortSignal.timeout(callMs)]);
  const work = async (): Promise<'shown' | 'later' | 'over'> => {
    const entry = await drafts.begin(draft, busyMs);
    if (entry === 'wait') return 'later';
    if (entry === 'over') return 'over';
    let id = entry.id;
    try {
      if (id === undefined) id = (await send(out, to, `draft/${by}/${turn}`, until)) ?? undefined;
      else await edit(id, out, to, until);
    } finally {
      const known = await drafts.end(draft, id);
      // The answer has come without it.
      if (!known && id !== undefined && entry.id === undefined) await discard?.(id, to, signal).catch(() => undefined);
    }
    return id === undefined ? 'over' : parts.length > 1 ? 'over' : 'shown';
  };
  const spare = changes === 0 ? ('send' as const) : ('edit' as const);
  const wish = { gate, channel, to, conversation: address.conversation, before: false, spare, signal: until };
  return sendInTurn(wish, work).catch((thrown: unknown) => {
    // The gate lets nobody in before the platform wants to hear of the chat again.
    if (toAppError(thrown, 'channel.failed').retryAfterMs !== undefined) return 'later' as const;
    throw thrown;
  });
}

/** Of those that a message allows, for the answer itself. */
const keptChanges = 4;

/** Where a draft stands: an answer that goes elsewhere does not take it over. */
export const draftPlace = (channel: Pick<Channel, 'name' | 'capabilities'>, to: Route, conversation: string): string =>
  `${channel.name}/${to.account ?? ''}/${chatOf(channel, to, conversation)}`;
