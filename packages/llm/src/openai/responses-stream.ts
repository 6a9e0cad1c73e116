import type { ErrorCode, ModelCall, ModelEvent } from '@queueclaw/contracts';
import { z } from 'zod';
import { parseArguments } from '../calls.js';
import { failed, failure } from '../failure.js';
import type { Progress } from '../progress.js';
import { usageOf } from '../usage.js';
import { codeOfReason } from './failure-of.js';
import type { EventStream } from '../contract.js';

const Tokens = z.number().nullish();

const Call = z.object({
  type: z.literal('function_call'),
  call_id: z.string().max(512),
  name: z.string(),
  arguments: z.string(),
  status: z.string().nullish(),
});

const Answer = z.object({
  model: z.string().nullish(),
  usage: z
    .object({
      input_tokens: Tokens,
      output_tokens: Tokens,
      input_tokens_details: z.object({ cached_tokens: Tokens }).nullish(),
    })
    .nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  error: z.object({ code: z.string().nullish() }).nullish(),
});
type Answer = z.infer<typeof Answer>;

const Event = z.object({
  type: z.string(),
  delta: z.unknown().optional(),
  item: z.unknown().optional(),
  response: z.unknown().optional(),
  code: z.string().nullish(),
});

const note = (answer: Answer, progress: Progress): void => {
  const { model, usage } = answer;
  progress.model = model ?? progress.model;
  if (usage) progress.used(usageOf(usage.input_tokens, usage.output_tokens, usage.input_tokens_details?.cached_tokens));
};

function* endOf(
  type: string,
  answer: Answer,
  calls: readonly ModelCall[],
  progress: Progress,
): Generator<ModelEvent, void, undefined> {
  note(answer, progress);
  const { model, usage = usageOf(0, 0) } = progress;
  if (type === 'response.completed') {
    for (const call of calls) yield { type: 'call', call };
    return yield { type: 'done', reason: calls.length > 0 ? 'calls' : 'stop', usage, model };
  }
  const reason = answer.incomplete_details?.reason;
  if (type === 'response.incomplete' && reason !== 'content_filter')
    return yield { type: 'done', reason: 'length', usage, model };
  const code: ErrorCode = reason === 'content_filter' ? 'llm.refused' : codeOfReason(answer.error?.code ?? '');
  yield failed(failure(code), usage);
}

const ends = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * A stream of the Responses API as our events. A call counts once its item is done, and is emitted when the whole answer
 * is; not when it breaks off or runs into its limit.
 */
export async function* readResponses(events: AsyncIterable<unknown>, progress: Progress): EventStream {
  const calls: ModelCall[] = [];
  for await (const received of events) {
    const event = Event.parse(received);
    progress.event();
    const { type, delta } = event;
    if (type === 'response.output_text.delta' || type === 'response.refusal.delta') {
      if (typeof delta === 'string' && delta !== '') yield { type: 'text', text: delta };
    } else if (type === 'response.output_item.done') {
      const call = Call.safeParse(event.item);
      if (call.success && call.data.status !== 'incomplete') {
        const { call_id: id, name, arguments: text } = call.data;
        calls.push({ id, name, args: parseArguments(text) });
      }
    } else if (ends.has(type)) return yield* endOf(type, Answer.parse(event.response), calls, progress);
    else if (type === 'response.created') note(Answer.parse(event.response), progress);
    else if (type === 'error') return yield failed(failure(codeOfReason(event.code ?? '')), progress.usage);
  }
  yield failed(failure(progress.events === 0 ? 'llm.nonsense' : 'llm.interrupted'), progress.usage);
}
