import type { ModelCall, ModelEvent } from '@queueclaw/contracts';
import { z } from 'zod';
import { parseArguments } from '../calls.js';
import { failed, failure } from '../failure.js';
import type { Progress } from '../progress.js';
import { usageOf } from '../usage.js';
import type { EventStream } from '../contract.js';

const Tokens = z.number().nullish();
const TokenCounts = z.object({
  input_tokens: Tokens,
  output_tokens: Tokens,
  cache_read_input_tokens: Tokens,
  cache_creation_input_tokens: Tokens,
});
type TokenCounts = z.infer<typeof TokenCounts>;

/** What we need of an event; other types and fields pass. */
const Event = z.object({
  type: z.string(),
  index: z.number().int().optional(),
  message: z.object({ model: z.string().nullish(), usage: TokenCounts.nullish() }).optional(),
  content_block: z
    .object({
      type: z.string(),
      id: z.string().max(512).nullish(),
      name: z.string().nullish(),
      input: z.unknown().optional(),
    })
    .optional(),
  delta: z
    .object({
      type: z.string().nullish(),
      text: z.string().nullish(),
      partial_json: z.string().nullish(),
      stop_reason: z.string().nullish(),
    })
    .optional(),
  usage: TokenCounts.nullish(),
});
type Event = z.infer<typeof Event>;

type Building = { readonly id: string; readonly name: string; readonly input: unknown; json: string };

/** Tool calls by the index of their block; complete once the block has stopped. */
const createBlocks = (): { read(event: Event): void; complete(): ModelCall[] } => {
  const open = new Map<number, Building>();
  const done: ModelCall[] = [];
  return {
    read({ type, index = -1, content_block: block, delta }) {
      if (type === 'content_block_start' && block?.type === 'tool_use')
        open.set(index, { id: block.id ?? `call_${index + 1}`, name: block.name ?? '', input: block.input, json: '' });
      const building = open.get(index);
      if (building === undefined) return;
      if (type === 'content_block_delta') building.json += delta?.partial_json ?? '';
      if (type !== 'content_block_stop') return;
      open.delete(index);
      const { id, name, input, json } = building;
      done.push({ id, name, args: json === '' ? (input ?? {}) : parseArguments(json) });
    },
    complete: () => done,
  };
};

/** The counts of later events are cumulative; `input_tokens` leaves out what the cache served or took. */
const mergeCounts = (before: TokenCounts, next: TokenCounts | null | undefined): TokenCounts => ({
  input_tokens: next?.input_tokens ?? before.input_tokens,
  output_tokens: next?.output_tokens ?? before.output_tokens,
  cache_read_input_tokens: next?.cache_read_input_tokens ?? before.cache_read_input_tokens,
  cache_creation_input_tokens: next?.cache_creation_input_tokens ?? before.cache_creation_input_tokens,
});

function* endOf(
  stopReason: string,
  calls: readonly ModelCall[],
  progress: Progress,
): Generator<ModelEvent, void, undefined> {
  const { model, usage = usageOf(0, 0) } = progress;
  if (stopReason === 'refusal') return yield failed(failure('llm.refused'), usage);
  if (stopReason === 'model_context_window_exceeded') return yield failed(failure('llm.context'), usage);
  // A call that the limit has cut is closed like a complete one.
  if (stopReason === 'max_tokens') return yield { type: 'done', reason: 'length', usage, model };
  for (const call of calls) yield { type: 'call', call };
  yield { type: 'done', reason: calls.length > 0 ? 'calls' : 'stop', usage, model };
}

/**
 * A stream of the Messages API as our events. Calls are emitted when the vendor said why the answer ended, and only those
 * whose block was closed.
 */
export async function* readMessages(events: AsyncIterable<unknown>, progress: Progress): EventStream {
  const blocks = createBlocks();
  let counts: TokenCounts = {};
  let stopReason: string | undefined;
  for await (const received of events) {
    const event = Event.parse(received);
    progress.event();
    progress.model = event.message?.model ?? progress.model;
    counts = mergeCounts(counts, event.message?.usage ?? event.usage);
    const { input_tokens: input, cache_read_input_tokens: read, cache_creation_input_tokens: written } = counts;
    progress.used(usageOf((input ?? 0) + (read ?? 0) + (written ?? 0), counts.output_tokens, read));
    blocks.read(event);
    if (event.type === 'content_block_delta' && event.delta?.text) yield { type: 'text', text: event.delta.text };
    stopReason = event.delta?.stop_reason ?? stopReason;
  }
  if (stopReason === undefined)
    return yield failed(failure(progress.events === 0 ? 'llm.nonsense' : 'llm.interrupted'), progress.usage);
  yield* endOf(stopReason, blocks.complete(), progress);
}
