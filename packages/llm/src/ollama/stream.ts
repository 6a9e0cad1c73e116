import type { ModelCall } from '@queueclaw/contracts';
import { z } from 'zod';
import { failed, failure } from '../failure.js';
import type { Progress } from '../progress.js';
import { usageOf } from '../usage.js';
import type { EventStream } from '../contract.js';

const Part = z.object({
  model: z.string().nullish(),
  message: z
    .object({
      content: z.string().nullish(),
      tool_calls: z
        .array(z.object({ function: z.object({ name: z.string(), arguments: z.unknown().optional() }) }))
        .nullish(),
    })
    .nullish(),
  done: z.boolean().nullish(),
  done_reason: z.string().nullish(),
  prompt_eval_count: z.number().nullish(),
  eval_count: z.number().nullish(),
});

/** Ollama's stream of JSON lines as our events; calls arrive whole and are emitted with the last line. */
export async function* readOllama(parts: AsyncIterable<unknown>, progress: Progress): EventStream {
  const calls: ModelCall[] = [];
  for await (const received of parts) {
    const part = Part.parse(received);
    progress.event();
    progress.model = part.model ?? progress.model;
    if (part.message?.content) yield { type: 'text', text: part.message.content };
    for (const { function: called } of part.message?.tool_calls ?? [])
      calls.push({ id: `call_${calls.length + 1}`, name: called.name, args: called.arguments ?? {} });
    if (part.done !== true) continue;
    const usage = usageOf(part.prompt_eval_count, part.eval_count);
    const { model } = progress;
    if (part.done_reason === 'length') return yield { type: 'done', reason: 'length', usage, model };
    for (const call of calls) yield { type: 'call', call };
    return yield { type: 'done', reason: calls.length > 0 ? 'calls' : 'stop', usage, model };
  }
  yield failed(failure(progress.events === 0 ? 'llm.nonsense' : 'llm.interrupted'));
}
