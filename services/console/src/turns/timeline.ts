import type { TranscriptEntry, Usage } from '@queueclaw/contracts';

/**
 * Where a tool call is: `waiting` for a runner, `running`, `returned` with its result on the way back; afterwards `ok` or
 * `failed`. `out`: nobody can say more.
 */
export type ToolState = 'waiting' | 'running' | 'returned' | 'out' | 'ok' | 'failed';

/** What happened in a turn, at a time in milliseconds since the epoch. */
export type Moment =
  | {
      readonly what: 'message';
      readonly at: number;
      readonly id: string;
      readonly from?: string;
      readonly text: string;
    }
  | {
      readonly what: 'model';
      readonly at: number;
      /** Counted from 1 in its turn. */
      readonly step: number;
      /** Since what it answered: the wait for an agent, and the model's own time. */
      readonly afterMs: number;
      readonly model?: string;
      readonly usage?: Usage;
      readonly text: string;
      /** Calls that it made. */
      readonly calls: number;
    }
  | {
      readonly what: 'tool';
      /** When its result was read; while it is out, when it was made. */
      readonly at: number;
      readonly call: string;
      readonly name: string;
      readonly args?: unknown;
      readonly state: ToolState;
      /** The tool's own time. */
      readonly ms?: number;
      /** What it waited besides: for a runner, and for an agent to read the result. */
      readonly waitedMs?: number;
      readonly code?: string;
      readonly text?: string;
      /** While it is out: when it counts as lost. */
      readonly deadlineAt?: number;
    }
  | { readonly what: 'notice'; readonly at: number; readonly text: string };

/** How a turn stands: `notice` is one that ended with words of the system, about a failure, a limit or a stop. */
export type TurnState = 'running' | 'answered' | 'notice' | 'unanswered';

/** One turn of a conversation, from the first message it answers to its result. */
export type Timeline = {
  readonly turn: number;
  readonly state: TurnState;
  readonly startedAt: number;
  /** Of the last moment. */
  readonly endedAt: number;
  readonly ms: number;
  /** Answers of models. */
  readonly steps: number;
  readonly toolCalls: number;
  readonly usage: Usage;
  readonly moments: readonly Moment[];
};

type Assistant = Extract<TranscriptEntry, { role: 'assistant' }>;

const add = (a: Usage, b: Usage): Usage => {
  const sum = (of: 'cachedTokens' | 'costMicros'): number | undefined =>
    a[of] === undefined && b[of] === undefined ? undefined : (a[of] ?? 0) + (b[of] ?? 0);
  const [cachedTokens, costMicros] = [sum('cachedTokens'), sum('costMicros')];
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(costMicros === undefined ? {} : { costMicros }),
  };
};

/**
 * A turn as a timeline.
 * @param entries of this turn, oldest first
 * @param out calls that have no result yet
 */
export function timelineOf(
  turn: number,
  entries: readonly TranscriptEntry[],
  running: boolean,
  out: readonly Extract<Moment, { what: 'tool' }>[] = [],
): Timeline {
  const moments: Moment[] = [];
  const made = new Map<string, { readonly at: number; readonly args: unknown }>();
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  let steps = 0;

  const answer = (entry: Assistant): void => {
    const { at, text, calls = [], model, notice } = entry;
    if (notice) return void moments.push({ what: 'notice', at, text });
    steps += 1;
    if (entry.usage) usage = add(usage, entry.usage);
    for (const { call, args } of calls) made.set(call, { at, args });
    moments.push({
      ...{ what: 'model', at, step: steps, afterMs: Math.max(0, at - (moments.at(-1)?.at ?? at)) },
      ...(model === undefined ? {} : { model }),
      ...(entry.usage === undefined ? {} : { usage: entry.usage }),
      ...{ text, calls: calls.length },
    });
  };

  for (const entry of entries) {
    if (entry.role === 'user') {
      const { at, id, text, from } = entry;
      const name = from?.name ?? from?.id;
      moments.push({ what: 'message', at, id, ...(name === undefined ? {} : { from: name }), text });
    } else if (entry.role === 'assistant') answer(entry);
    else {
      const { at, call, name, ok, ms, code, text } = entry;
      const asked = made.get(call);
      moments.push({
        ...{ what: 'tool', at, call, name, state: ok ? 'ok' : 'failed', text },
        ...(asked === undefined ? {} : { args: asked.args }),
        ...(ms === undefined ? {} : { ms }),
        ...(ms === undefined || asked === undefined ? {} : { waitedMs: Math.max(0, at - asked.at - ms) }),
        ...(code === undefined ? {} : { code }),
      });
    }
  }
  for (const call of out) {
    const asked = made.get(call.call);
    moments.push({ ...call, ...(asked === undefined ? {} : asked) });
  }

  const startedAt = moments[0]?.at ?? 0;
  const endedAt = moments.reduce((last, { at }) => Math.max(last, at), startedAt);
  return {
    turn,
    state: running ? 'running' : endOf(moments),
    startedAt,
    endedAt,
    ms: endedAt - startedAt,
    steps,
    toolCalls: moments.filter(({ what }) => what === 'tool').length,
    usage,
    moments,
  };
}

function endOf(moments: readonly Moment[]): TurnState {
  const last = moments.findLast(({ what }) => what === 'model' || what === 'notice');
  if (last === undefined) return 'unanswered';
  return last.what === 'notice' ? 'notice' : 'answered';
}
