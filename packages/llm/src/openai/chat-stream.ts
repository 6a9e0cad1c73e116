import type { Usage } from '@queueclaw/contracts';
import { z } from 'zod';
import { failed, failure } from '../failure.js';
import { usageOf } from '../usage.js';
import { createCallAssembler } from './call-assembler.js';
import type { Progress } from '../progress.js';
import type { EventStream } from '../contract.js';

const Tokens = z.number().nullish();

/** Servers differ in where they tell what their cache served. */
const Counts = z
  .object({
    prompt_tokens: Tokens,
    completion_tokens: Tokens,
    prompt_tokens_details: z.object({ cached_tokens: Tokens }).nullish(),
    prompt_cache_hit_tokens: Tokens,
    cached_tokens: Tokens,
  })
  .nullish();

/** What we need of a chunk; compatible servers leave out, null and add what they like. */
const Chunk = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.number().int().nullish(),
                  id: z.string().max(512).nullish(),
                  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
        usage: Counts,
      }),
    )
    .nullish(),
  usage: Counts,
});
type Chunk = z.infer<typeof Chunk>;

const usageIn = ({ usage, choices }: Chunk): Usage | undefined => {
  const counts = usage ?? choices?.[0]?.usage;
  if (!counts) return undefined;
  const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: details } = counts;
  return usageOf(input, output, details?.cached_tokens ?? counts.prompt_cache_hit_tokens ?? counts.cached_tokens);
};

/**
 * A stream of Chat Completions as our events. Calls are emitted at the end, when the vendor said why it ended: not when the
 * stream breaks off, and not when the answer ran into its limit, which may have cut the last one.
 */
export async function* readChat(chunks: AsyncIterable<unknown>, progress: Progress): EventStream {
  const calls = createCallAssembler();
  let finish: string | undefined;
  for await (const received of chunks) {
    const chunk = Chunk.parse(received);
    progress.event();
    progress.model = chunk.model ?? progress.model;
    const usage = usageIn(chunk);
    if (usage !== undefined) progress.used(usage);
    const choice = chunk.choices?.[0];
    const text = choice?.delta?.content ?? choice?.delta?.refusal;
    if (text) yield { type: 'text', text };
    for (const part of choice?.delta?.tool_calls ?? []) calls.add(part);
    finish = choice?.finish_reason ?? finish;
  }
  const { usage = usageOf(0, 0), model } = progress;
  if (finish === undefined)
    return yield failed(failure(progress.events === 0 ? 'llm.nonsense' : 'llm.interrupted'), usage);
  if (finish === 'content_filter')
    return yield failed(failure('llm.refused', 'The content filter of the model stopped the answer.'), usage);
  if (finish === 'error') return yield failed(failure('llm.unavailable'), usage);
  if (finish === 'length') return yield { type: 'done', reason: 'length', usage, model };
  const made = calls.finish();
  for (const call of made) yield { type: 'call', call };
  yield { type: 'done', reason: made.length > 0 ? 'calls' : 'stop', usage, model };
}
