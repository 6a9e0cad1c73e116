import type { AskedCall, Journal, LiveEvent, PendingCall, Reply, TranscriptEntry } from '@queueclaw/contracts';
import { besideTurn, inOneLine, teller } from './ask-person.js';
import { sentOut, waitFor } from './call-tools.js';
import { judgementOf } from './judge-calls.js';
import { failedCall, unmadeCall, waitedUntil } from './settle.js';
import type { Judgement, Next, TurnInput } from './turn-input.js';

type Resolved = {
  readonly sent?: PendingCall;
  readonly entry?: TranscriptEntry;
  readonly replies?: readonly Reply[];
  readonly live?: LiveEvent;
};

/** What becomes of a call that waited; undefined: it waits on. */
function resolve(input: TurnInput, journal: Journal, asked: AskedCall): Resolved | undefined {
  const decision = input.decisions?.find(({ call, approval }) => call === asked.call && approval === asked.approval);
  const spec = input.agent.tools.find(({ name }) => name === asked.name);
  const judgement = judgementOf(input, journal, asked);
  if (decision?.approved === false) return { entry: unmadeCall(asked, journal.turn, input.now, 'tool.denied') };
  if (decision === undefined && input.now < asked.expiresAt) return undefined;
  if (decision === undefined) return expire(input, journal, asked, judgement);
  const refuse = (text: string): Resolved => ({
    entry: failedCall(asked, journal.turn, input.now, 'tool.not_allowed', text),
  });
  if (spec === undefined || !input.checkArgs(asked.name, asked.args).ok)
    return refuse('The call was approved, but this tool is not there any more.');
  // What was approved is what the person saw, and not against a policy that has come meanwhile.
  if (judgement !== undefined && (judgement.verdict === 'deny' || judgement.binding !== asked.binding))
    return refuse('The call was approved, but the configuration has changed since and does not allow it.');
  return { sent: { ...sentOut(input, asked, spec), permitted: true } };
}

function expire(input: TurnInput, journal: Journal, asked: AskedCall, judgement: Judgement | undefined): Resolved {
  const { call, approval } = asked;
  const what = inOneLine(judgement?.command ?? asked.name);
  const text = teller(input, journal)('approval.expired', { what });
  return {
    entry: unmadeCall(asked, journal.turn, input.now, 'tool.unapproved'),
    replies: besideTurn(input, journal, { id: `x${journal.turn}.${approval}`, text }),
    live: { type: 'approval', turn: journal.turn, call, approval, state: 'expired' },
  };
}

/**
 * Sends out what people approved and ends what they refused or nobody decided in time; durable before anything else happens.
 * Undefined: nothing has changed.
 */
export function applyDecisions(input: TurnInput, journal: Journal): Next | undefined {
  const { asking = [], ...rest } = journal;
  const resolved = asking.map((asked) => ({ asked, resolved: resolve(input, journal, asked) }));
  const done = resolved.flatMap((one) => one.resolved ?? []);
  if (done.length === 0) return undefined;
  const left = resolved.flatMap((one) => (one.resolved === undefined ? [one.asked] : []));
  const next: Journal = {
    ...rest,
    entries: [...journal.entries, ...done.flatMap(({ entry }) => entry ?? [])],
    pending: [...journal.pending, ...done.flatMap(({ sent }) => sent ?? [])],
    ...(left.length > 0 ? { asking: left } : { waitedMs: waitedUntil(journal, input.now) }),
  };
  return {
    ...waitFor(input, next),
    replies: done.flatMap(({ replies }) => replies ?? []),
    live: done.flatMap(({ live }) => live ?? []),
  };
}
