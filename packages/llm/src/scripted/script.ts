import { isErrorCode } from '@queueclaw/contracts';
import { z } from 'zod';

const ScriptCall = z.strictObject({
  id: z.string().max(128).optional(),
  name: z.string().max(256),
  args: z.unknown().optional(),
});

/**
 * One answer of a scripted model. In `text`, `{text}` stands for what the person said last, `{result}` for the results of
 * the tools since, `{count}` for the number of the person's messages.
 */
export const ScriptStep = z.strictObject({
  /** One delta, or several. */
  text: z.union([z.string(), z.array(z.string())]).optional(),
  calls: z.array(ScriptCall).max(1_000).optional(),
  /** Milliseconds before the first event. */
  delay: z.number().int().min(0).max(3_600_000).optional(),
  /** Milliseconds before each further delta. */
  pace: z.number().int().min(0).max(3_600_000).optional(),
  reason: z.enum(['stop', 'calls', 'length']).optional(),
  usage: z.strictObject({ inputTokens: z.number().int().min(0), outputTokens: z.number().int().min(0) }).optional(),
  /** After the text: fails with this code. */
  failure: z
    .strictObject({
      code: z.string().refine(isErrorCode, 'is not a code of the error table'),
      message: z.string().optional(),
      retryAfterMs: z.number().int().min(0).optional(),
    })
    .optional(),
  /** After the text: the stream ends without its last event. */
  cut: z.boolean().optional(),
  /** After the text: nothing more until the request is aborted. */
  hang: z.boolean().optional(),
  /** After the text: an exception, as a broken provider would throw it. */
  throws: z.string().optional(),
});
export type ScriptStep = z.input<typeof ScriptStep>;

/**
 * A script: rules, of which the first that fits the person's last words answers (`when`: a part of them, or `/a pattern/i`;
 * absent: any). Its steps answer in order within a turn; the last one repeats. The script has no memory, so that many
 * agents can share it.
 */
export const Script = z.strictObject({
  rules: z
    .array(z.strictObject({ when: z.string().max(1_000).optional(), steps: z.array(ScriptStep).min(1).max(1_000) }))
    .min(1)
    .max(1_000),
});
export type Script = z.input<typeof Script>;
