import type { Journal, JournalCall, ModelCall, PendingCall, ToolSpec, TranscriptEntry } from '@queueclaw/contracts';
import { ask } from './ask.js';
import { giveUpAtLimit } from './finish.js';
import { alreadyTaken, joinsMidTurn } from './join-mail.js';
import { limitHit, turnEndsAt } from './limits.js';
import { overBudget } from './over-budget.js';
import { judgeCalls, readsUntrusted } from './judge-calls.js';
import { failedCall, missingCalls, unmadeCall } from './settle.js';
import type { Next, TurnInput } from './turn-input.js';

/** How long a call may wait for a free runner, beside its own time. */
export const queueingMs = 30_000;
/** One answer's calls beyond this number are not read: their ids have three digits. */
export const callsPerStepMax = 128;

type Made = { readonly call: JournalCall; readonly model: ModelCall };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A model's calls under our ids. Names and arguments become what every vendor accepts back in a history. */
export function numberCalls(journal: Journal, calls: readonly ModelCall[]): readonly Made[] {
  return calls.slice(0, callsPerStepMax).map((model, at) => ({
    model,
    call: {
      call: `${journal.turn}.${journal.step}.${at + 1}`,
      name: model.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'unnamed',
      args: isObject(model.args) ? model.args : {},
    },
  }));
}

function check(input: TurnInput, journal: Journal, { call, model }: Made): PendingCall | TranscriptEntry {
  const refuse = (code: 'tool.unknown' | 'tool.arguments', text: string): TranscriptEntry =>
    failedCall(call, journal.turn, input.now, code, text);
  const spec = input.agent.tools.find(({ name }) => name === model.name);
  if (spec === undefined) {
    const names = input.agent.tools.map(({ name }) => name).join(', ');
    return refuse('tool.unknown', `There is no tool of this name. The tools are: ${names || 'none'}.`);
  }
  if (!isObject(model.args)) return refuse('tool.arguments', 'The arguments must be a JSON object.');
  const checked = input.checkArgs(spec.name, model.args);
  if (!checked.ok) return refuse('tool.arguments', `The arguments do not fit: ${checked.problem}`.slice(0, 2_000));
  return sentOut(input, { ...call, args: checked.args }, spec);
}

/** The call as it goes out now: its time begins. */
export function sentOut(
  input: TurnInput,
  { call, name, args }: JournalCall,
  spec: Pick<ToolSpec, 'timeoutMs'>,
): PendingCall {
  const deadlineAt = input.now + Math.min(spec.timeoutMs, input.agent.limits.toolMs) + queueingMs;
  return { call, name, args, ticket: input.newTicket(), deadlineAt: Math.ceil(deadlineAt) };
}

/** A model that calls again after this does not listen. */
const wasToldOfBudget = ({ entries }: Journal): boolean =>
  entries.some((entry) => entry.role === 'tool' && entry.code === 'budget.exceeded');

/**
 * Sends out the calls of the model's last answer, whose entry the journal holds. Calls that cannot be made are answered at
 * once for the model to read; if that is all of them, it is asked again. At a limit nothing is sent: nobody would read it.
 */
export function callTools(input: TurnInput, journal: Journal, made: readonly Made[]): Next {
  const refused = (
    calls: readonly JournalCall[],
    why: 'turn.limit' | 'budget.exceeded' = 'turn.limit',
  ): readonly TranscriptEntry[] => calls.map((call) => unmadeCall(call, journal.turn, input.now, why));
  const all = made.map(({ call }) => call);
  const stopAll = refused(all);
  const limit = limitHit(journal, input);
  if (limit !== undefined)
    return giveUpAtLimit(input, { ...journal, entries: [...journal.entries, ...stopAll] }, limit);

  const { toolCalls } = input.agent.limits;
  const checked = made.map((one) => check(input, journal, one));
  const valid = checked.filter((one) => 'ticket' in one);
  const room = Math.max(0, toolCalls - journal.toolCalls);
  if (valid.length > 0 && room === 0) {
    const ended = { ...journal, entries: [...journal.entries, ...stopAll] };
    return giveUpAtLimit(input, ended, { key: 'limit.tool_calls', values: { count: toolCalls } });
  }
  const { callBudget } = input;
  const paid = Math.min(room, callBudget?.calls ?? room);
  const unpaid = refused(valid.slice(paid, room), 'budget.exceeded');
  if (unpaid.length > 0 && paid === 0 && callBudget !== undefined && wasToldOfBudget(journal)) {
    const ended = { ...journal, entries: [...journal.entries, ...refused(all, 'budget.exceeded')] };
    return overBudget({ ...input, journal: ended }, callBudget.hit);
  }
  const { pending, asking, forbidden, replies, live } = judgeCalls(input, journal, valid.slice(0, paid));
  const answered = [...checked.filter((one) => 'role' in one), ...forbidden, ...unpaid, ...refused(valid.slice(room))];
  const next = {
    ...journal,
    entries: [...journal.entries, ...answered],
    pending,
    ...(asking.length === 0 ? {} : { asking: [...asking] }),
    toolCalls: journal.toolCalls + pending.length + asking.length,
    ...(readsUntrusted(input, [...pending, ...asking]) ? { tainted: true as const } : {}),
  };
  if (pending.length + asking.length === 0) return ask(input, next, joinsMidTurn(input));
  return { ...waitFor(input, next), ...(asking.length === 0 ? {} : { replies, live }) };
}

/** Suspends the turn until something comes of its calls. */
export function waitFor(input: TurnInput, journal: Journal): Extract<Next, { do: 'suspend' }> {
  const { asking = [] } = journal;
  const missing = missingCalls(journal, input.results);
  const deadlineAt =
    asking.length > 0
      ? Math.min(...asking.map(({ expiresAt }) => expiresAt))
      : Math.min(Math.max(input.now, ...missing.map((one) => one.deadlineAt)), turnEndsAt(journal, input));
  return { do: 'suspend', journal, took: { mail: alreadyTaken(journal, input.mail), control: 0 }, deadlineAt };
}
