import { actorMember, keys, type LiveEvent, type TaskResult, type ToolOutcome } from '@queueclaw/contracts';
import { liveKeep, liveTtlMs } from './limits.js';
import { strings } from './reply-shapes.js';
import type { Shard } from './shards.js';

/** The consumer group of agents on the `results` stream. */
export const resultsGroup = 'agents';

export type ResultEntry = { readonly entry: string; readonly result: TaskResult };

/** Results as text, bounded: what the model reads of a call. */
const outcomeText = (outcome: ToolOutcome): string => JSON.stringify(outcome);

const activity = (result: TaskResult): LiveEvent => ({
  type: 'tool',
  turn: Number(result.call.split('.')[0]),
  call: result.call,
  name: result.tool,
  state: result.outcome.ok ? 'done' : 'failed',
});

/**
 * Turns results into mail: each is taken with its ticket, once, and its stream entry removed in the same step.
 * @returns per entry whether it was refused, taken, or made its conversation due (`wake`)
 */
export async function applyResults(
  shard: Shard,
  entries: readonly ResultEntry[],
): Promise<readonly ('refused' | 'taken' | 'wake')[]> {
  const { tag } = shard;
  const verdicts = await shard.run(
    'results',
    [
      ...[keys.results(tag), keys.due(tag, 'messages')],
      ...entries.flatMap(({ result }) => [
        keys.state(tag, 'messages', result),
        keys.waiting(tag, result),
        keys.live(tag, result),
      ]),
    ],
    [
      ...[resultsGroup, liveKeep, liveTtlMs],
      ...entries.flatMap(({ entry, result }) => [
        ...[entry, actorMember(result), result.call, result.ticket],
        ...[outcomeText(result.outcome), JSON.stringify(activity(result))],
      ]),
    ],
  );
  return strings(verdicts) as readonly ('refused' | 'taken' | 'wake')[];
}
