import {
  type AskedCall,
  askedMax,
  type JournalCall,
  type Journal,
  type LiveEvent,
  type PendingCall,
  type Reply,
  type TranscriptEntry,
} from '@queueclaw/contracts';
import { askedEvent, askPerson } from './ask-person.js';
import { failedCall } from './settle.js';
import type { Judgement, TurnInput } from './turn-input.js';

const approvalMsUsual = 600_000;

/** Calls by what the policy says of them, and what people are told. */
export type Judged = {
  readonly pending: PendingCall[];
  readonly asking: readonly AskedCall[];
  readonly forbidden: readonly TranscriptEntry[];
  readonly replies: readonly Reply[];
  readonly live: readonly LiveEvent[];
};

/** Whether one of these calls brings what strangers wrote into the turn. */
export function readsUntrusted({ agent }: TurnInput, calls: readonly JournalCall[]): boolean {
  return calls.some(({ name }) =>
    agent.tools.some((spec) => spec.name === name && spec.effects?.includes('reads-untrusted')),
  );
}

/** What the policy says of a call; undefined when there is no policy, or no such tool. */
export function judgementOf(input: TurnInput, journal: Journal, call: JournalCall): Judgement | undefined {
  const spec = input.agent.tools.find(({ name }) => name === call.name);
  if (spec === undefined) return undefined;
  return input.judge?.(call, { spec, route: journal.answers.at(-1)?.route, tainted: journal.tainted === true });
}

/** Divides calls that fit their tools into those that go out, those that a person must approve, and those that are refused. */
export function judgeCalls(input: TurnInput, journal: Journal, calls: readonly PendingCall[]): Judged {
  const judged: { [Part in keyof Judged]: Judged[Part][number][] } = {
    ...{ pending: [], asking: [], forbidden: [], replies: [], live: [] },
  };
  const forbid = (call: JournalCall, text: string): void =>
    void judged.forbidden.push(failedCall(call, journal.turn, input.now, 'tool.not_allowed', text));
  for (const call of calls) {
    const judgement = judgementOf(input, journal, call);
    const granted = judgement?.untrusted !== true && (input.grants ?? []).includes(judgement?.binding ?? '');
    if (judgement === undefined) judged.pending.push(call);
    else if (judgement.verdict === 'allow' || (judgement.verdict === 'ask' && granted))
      judged.pending.push({ ...call, permitted: true });
    else if (judgement.verdict === 'deny') forbid(call, 'The policy does not allow this call. Tell the person.');
    else if (judged.asking.length >= askedMax)
      forbid(call, `At most ${askedMax} calls wait for approval at a time. Repeat this one later.`);
    else {
      const { call: id, name, args } = call;
      const { approval, binding } = judgement;
      const expiresAt = input.now + (input.agent.limits.approvalMs ?? approvalMsUsual);
      const asked = { call: id, name, args, approval, binding, askedAt: input.now, expiresAt };
      judged.asking.push(asked);
      judged.replies.push(...askPerson(input, journal, asked, judgement));
      judged.live.push(askedEvent(journal, asked, judgement));
    }
  }
  return judged;
}
