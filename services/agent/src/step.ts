import type { ActorAddress, Journal, LiveEvent, PendingCall } from '@queueclaw/contracts';
import type { Models } from '@queueclaw/llm';
import type { Lease, Waker } from '@queueclaw/mailbox';
import type { JobHandle, Summary } from '@queueclaw/queues';
import { counter, type Logger, newTicket, traceparentNow } from '@queueclaw/runtime';
import { checkArgs, summarise } from '@queueclaw/tools';
import {
  type ApprovalRules,
  begin,
  fail,
  type Judge,
  type Next,
  overBudget,
  proceed,
  type TurnInput,
} from '@queueclaw/turn';
import { askWithinBudget } from './ask-within-budget.js';
import type { TurnBudget } from './budget.js';
import { deadLetter } from './dead-letter.js';
import { mailInterrupts, type Profile, type ProfileOf } from './profiles.js';
import type { RunningStep } from './running-steps.js';
import type { ToReplies } from './to-replies.js';
import { type HearVoice, hearVoices } from './hear-voices.js';
import type { LoadImages } from './load-images.js';
import type { RecallMemories } from './recall-memories.js';
import { recentAttachments } from './recent-attachments.js';
import { forRunners, type RunServiceCalls } from './service-tools/run-calls.js';
import { type Memory, summariseHistory } from './summarise-history.js';
import type { ToTasks } from './to-tasks.js';

const turnsTotal = counter('queueclaw_turns_total', 'Turns ended, by status of the reply', ['status']);

export type StepDeps = {
  readonly models: Models;
  readonly profileOf: ProfileOf;
  readonly tasks: ToTasks;
  readonly serviceCalls: RunServiceCalls;
  readonly recallMemories: RecallMemories;
  readonly loadImages: LoadImages;
  /** Absent: nothing listens to voice notes. */
  readonly hearVoice?: HearVoice | undefined;
  readonly replies: ToReplies;
  readonly waker: Waker;
  readonly budget: TurnBudget;
  /** What the policy says of a conversation's calls. */
  readonly judgeFor: (address: ActorAddress) => Judge;
  readonly approvals: ApprovalRules;
  readonly triesMax: number;
  readonly logger: Logger;
};

export type Step = {
  readonly deps: StepDeps;
  readonly address: ActorAddress;
  readonly lease: Lease;
  readonly profile: Profile;
  readonly running: RunningStep;
  readonly log: JobHandle<unknown>['log'];
};

/** The agent that a claimed conversation talks to. */
export function profileOf(deps: StepDeps, lease: Lease): Profile {
  const first = lease.journal?.answers[0] ?? lease.inbox().mail[0] ?? lease.compact;
  return deps.profileOf(first, lease.preferences);
}

/**
 * Runs one step of a claimed conversation: until its turn waits for tools or is over. Whatever happens in between, the last
 * fenced write is the truth; a stale lease ends the step without a trace.
 */
export async function runStep(step: Step): Promise<Summary> {
  const { deps, address, lease, profile, running } = step;
  let journal = lease.journal;
  let fresh = true;
  let next: Next | undefined;
  let askedStep = -1;
  let memory: Memory = lease;
  const claimedAt = performance.now();
  const memories = await deps.recallMemories(address, lease, profile.agent.tools);

  const input = (): TurnInput => ({
    // Redis' clock, so that agents whose clocks disagree agree on deadlines.
    now: lease.now + Math.floor(performance.now() - claimedAt),
    tenant: address.tenant,
    conversation: address.conversation,
    turn: lease.turn + 1,
    journal,
    ...lease.inbox(),
    results: fresh ? lease.results : [],
    history: memory.history,
    from: memory.from,
    unread: memory.unread,
    summary: memory.summary,
    compact: memory.compact,
    preferences: lease.preferences,
    memories,
    agent: profile.agent,
    newTicket,
    checkArgs,
    judge: deps.judgeFor(address),
    decisions: fresh ? lease.decisions : [],
    grants: lease.grants,
  });

  const poisoned = lease.tries > deps.triesMax || lease.damaged !== undefined;
  next = poisoned ? fail(input(), 'message.poisoned', 'turn.poisoned') : begin(input());
  for (;;) {
    switch (next.do) {
      case 'idle':
        await lease.commit({ take: next.took, turn: lease.turn, reset: false, entries: [], replies: [] });
        return { outcome: 'idle' };
      case 'commit':
        return commit(step, next, poisoned);
      case 'suspend':
        return suspend(step, next);
      case 'ask': {
        let asked: Extract<Next, { do: 'ask' }> = next;
        const givenUp = fresh ? overtaken(lease) : [];
        if (givenUp.length > 0) {
          // Nobody reads these results any more. The journal that says so comes first, or a crash would ask for them again.
          if (!(await lease.checkpoint(asked.journal, asked.took))) return { outcome: 'stale' };
          asked = { ...asked, took: { mail: 0, control: 0 } };
          await deps.tasks.cancel(address, givenUp);
        }
        const hearing = await hearVoices(step, asked.journal, asked.took);
        if (hearing.did === 'end') return hearing.summary;
        if (hearing.did === 'again') {
          ({ journal } = hearing);
          fresh = false;
          next = begin(input());
          break;
        }
        const asking = await askWithinBudget(step, asked, input().now, asked.journal.step === askedStep);
        if (asking.did === 'wait') {
          await lease.release({ delayMs: asking.delayMs, blameless: true });
          return { outcome: 'waiting for budget' };
        }
        if (asking.did === 'refuse') {
          next = overBudget({ ...input(), journal: asked.journal }, asking.hit);
          break;
        }
        const { outcome, unwritten } = asking;
        askedStep = asked.journal.step;
        const interruption = running.interruption();
        if (interruption === 'stale') return { outcome: 'stale' };
        if (interruption === 'stopping' && !outcome.ok) {
          await lease.release({ blameless: true });
          deps.waker.hint(address, { why: 'more' });
          return { outcome: 'released' };
        }
        if (interruption === 'news') {
          if (!(await lease.checkpoint(asked.journal, asked.took))) return { outcome: 'stale' };
          running.resume();
        }
        ({ journal, fresh } = { journal: asked.journal, fresh: false });
        if (interruption === 'news' && !outcome.ok && lease.inbox().control.length === 0) {
          // Somebody cried wolf: nothing in the mailbox asks to stop.
          next = begin(input());
          break;
        }
        next = proceed({ ...input(), journal: asked.journal }, outcome);
        if (next.do === 'suspend') {
          const callBudget = await deps.budget.calls(address, next.journal, input().now);
          if (callBudget) next = proceed({ ...input(), journal: asked.journal, callBudget }, outcome);
        }
        const goesOn = next.do === 'ask' || next.do === 'summarise' ? next.journal : undefined;
        if (goesOn !== undefined) {
          // The answer is paid: it must be durable before the next one is asked for.
          if (!(await lease.checkpoint(goesOn, next.took))) return { outcome: 'stale' };
          journal = goesOn;
          // Popped by the checkpoint: a later write must not pop as many again.
          next = { ...next, took: { mail: 0, control: 0 } };
        } else if (next.do === 'suspend' && unwritten.length > 0) void lease.appendLive(unwritten).catch(() => false);
        break;
      }
      case 'summarise': {
        const summing = await summariseHistory(step, input(), next);
        if (summing.did === 'end') return summing.summary;
        if (summing.did === 'refuse') {
          next = overBudget({ ...input(), journal: summing.journal }, summing.hit);
          break;
        }
        ({ memory } = summing);
        next = begin(input());
        break;
      }
      default:
        next satisfies never;
    }
  }
}

/** Calls that were out at the claim and have no result: the turn goes on without them. */
function overtaken(lease: Lease): readonly PendingCall[] {
  const back = new Set(lease.results.map(({ call }) => call));
  return (lease.journal?.pending ?? []).filter(({ call }) => !back.has(call));
}

async function suspend(step: Step, next: Extract<Next, { do: 'suspend' }>): Promise<Summary> {
  const { deps, address, lease, profile, log } = step;
  const { journal } = next;
  const back = new Set(lease.results.map(({ call }) => call));
  const out = journal.pending.filter(({ call }) => !back.has(call));
  const announced = new Set(lease.journal?.pending.map(({ call }) => call));
  const live = out.filter(({ call }) => !announced.has(call)).map((call) => started(journal, call));
  const { replies = [] } = next;
  const told = [...live, ...(next.live ?? [])];
  const wakes = mailInterrupts(step.profile);
  const suspended = await lease.suspend(journal, next.took, next.deadlineAt, told, wakes, replies);
  if (!suspended) return { outcome: 'stale' };
  deps.replies.announce(address, replies);
  const attachments = recentAttachments([...lease.history, ...journal.entries]);
  await deps.tasks.add(address, forRunners(out), traceparentNow() ?? journal.answers.at(-1)?.trace, attachments);
  const zones = [lease.preferences.timezone, journal.answers.at(-1)?.timezone, profile.agent.timezone];
  await deps.serviceCalls({ address, zones, now: lease.now }, journal, out);
  await lease.arm(next.deadlineAt);
  deps.budget.sent(address, journal, live.length, lease.now);
  if (suspended.wake) deps.waker.hint(address, { why: 'more' });
  for (const call of out) log(`${call.call} ${call.name} is out`);
  const asking = journal.asking?.length ?? 0;
  const asks = asking === 0 ? {} : { asking };
  return { outcome: 'suspended', turn: journal.turn, step: journal.step, calls: out.length, ...asks };
}

const started = (journal: Journal, call: PendingCall): LiveEvent => ({
  type: 'tool',
  turn: journal.turn,
  call: call.call,
  name: call.name,
  state: 'started',
  summary: summarise(call.name, call.args),
});

async function commit(step: Step, next: Extract<Next, { do: 'commit' }>, poisoned: boolean): Promise<Summary> {
  const { deps, address, lease } = step;
  const turn = next.replies[0]?.turn ?? lease.journal?.turn ?? lease.turn + 1;
  const first = lease.journal?.answers[0] ?? lease.inbox().mail[0];
  const ended = await lease.commit({
    take: next.took,
    turn,
    reset: next.reset,
    entries: next.entries,
    replies: next.replies,
    ...(next.dropCompact === true ? { dropCompact: true } : {}),
    ...(poisoned ? { deadLetter: deadLetter(address, lease, next.replies) } : {}),
  });
  if (!ended) return { outcome: 'stale' };
  deps.replies.announce(address, next.replies);
  if (next.cancelled.length > 0) await deps.tasks.cancel(address, next.cancelled);
  if (ended.left > 0) deps.waker.hint(address, { why: 'more', mail: ended.left });
  const status = next.replies[0]?.status ?? 'answered';
  turnsTotal.inc({ status });
  deps.budget.ended(address, first, lease.now);
  if (poisoned) deps.logger.error({ ...address, turn, tries: lease.tries }, 'mail was put aside as a dead letter');
  return { outcome: status, turn, answers: next.replies[0]?.answers.length ?? 0, left: ended.left };
}
