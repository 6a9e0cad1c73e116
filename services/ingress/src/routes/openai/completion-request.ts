import { requestError } from '@queueclaw/channels';
import { AppError, type ContextMessage, MessageText } from '@queueclaw/contracts';
import { z } from 'zod';

const Part = z.looseObject({ type: z.string(), text: z.string().optional() });
const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(Part), z.null()]).optional(),
});

/** The parts of a chat completion request that count here; what steers sampling is ignored. */
const CompletionRequest = z.looseObject({
  model: z.string().max(256).optional(),
  messages: z.array(Message).min(1).max(2_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1).nullish(),
  tools: z.array(z.unknown()).nullish(),
  functions: z.array(z.unknown()).nullish(),
});

/** A request as our conversation needs it. */
export type Completion = {
  readonly model: string;
  readonly text: string;
  /** What was said before, beginning with a user's message. */
  readonly context: readonly ContextMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
};

/**
 * Reads the body of `POST /v1/chat/completions` (OpenAI's Chat Completions API).
 * @throws AppError `request.invalid`, `request.unsupported` for client tools, tool messages, pictures and sound
 */
export function completionOf(body: unknown): Completion {
  const parsed = CompletionRequest.safeParse(body);
  if (!parsed.success) throw requestError(parsed.error);
  const { messages, tools, functions, model, stream, stream_options: options } = parsed.data;
  if ((tools?.length ?? 0) > 0 || (functions?.length ?? 0) > 0)
    throw unsupported('Tools of the client are not supported: the assistant has its own.');
  const said = messages.map(({ role, content }) => ({ role, text: textOf(content) }));
  const last = said.pop();
  if (last?.role !== 'user') throw invalid('messages: the last one must be of the user');
  const text = MessageText.safeParse(last.text);
  if (!text.success) throw invalid(`messages: the last one ${text.error.issues[0]?.message ?? 'is not valid'}`);
  return {
    model: model ?? 'queueclaw',
    text: text.data,
    context: contextOf(said),
    stream: stream === true,
    includeUsage: options?.include_usage === true,
  };
}

const unsupported = (publicMessage: string): AppError => new AppError('request.unsupported', { publicMessage });
const invalid = (publicMessage: string): AppError => new AppError('request.invalid', { publicMessage });

function textOf(content: z.infer<typeof Message>['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => {
      if (part.type !== 'text' || part.text === undefined)
        throw unsupported(`Parts of type ${part.type.slice(0, 32)} are not supported.`);
      return part.text;
    })
    .join('\n');
}

type Said = { readonly role: z.infer<typeof Message>['role']; readonly text: string };

/** Instructions of the client are told as such, by the user: only the operator writes the system prompt. */
function contextOf(said: readonly Said[]): readonly ContextMessage[] {
  const context = said.flatMap(({ role, text }): ContextMessage[] => {
    if (role === 'tool' || role === 'function') throw unsupported('Messages of tools are not supported.');
    if (text === '') return [];
    if (role === 'assistant') return [{ role, text }];
    return [{ role: 'user', text: role === 'user' ? text : `[Instructions for this conversation]\n${text}` }];
  });
  const first = context.findIndex(({ role }) => role === 'user');
  return first === -1 ? [] : context.slice(first);
}
