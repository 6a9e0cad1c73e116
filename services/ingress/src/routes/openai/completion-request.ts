import { requestError } from '@queueclaw/channels';
import { AppError, Written } from '@queueclaw/contracts';
import { z } from 'zod';
import { checkCounts, type CompletionFile, ContentPart, fileOf } from './completion-files.js';

const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(ContentPart), z.null()]).optional(),
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

/** What was said before. */
export type Before = {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly files: readonly CompletionFile[];
};

/** A request as our conversation needs it. */
export type Completion = {
  readonly model: string;
  readonly text: string;
  readonly files: readonly CompletionFile[];
  /** What was said before, beginning with a user's message. */
  readonly context: readonly Before[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
};

/**
 * Reads the body of `POST /v1/chat/completions` (OpenAI's Chat Completions API).
 * @throws AppError `request.invalid`, `request.unsupported` for client tools, tool messages, sound, and files by address
 */
export function completionOf(body: unknown): Completion {
  const parsed = CompletionRequest.safeParse(body);
  if (!parsed.success) throw requestError(parsed.error);
  const { messages, tools, functions, model, stream, stream_options: options } = parsed.data;
  if ((tools?.length ?? 0) > 0 || (functions?.length ?? 0) > 0)
    throw unsupported('Tools of the client are not supported: the assistant has its own.');
  const said = messages.map(({ role, content }) => ({ role, ...contentOf(role, content) }));
  checkCounts(said);
  const last = said.pop();
  if (last?.role !== 'user') throw invalid('messages: the last one must be of the user');
  const text = Written.text.safeParse(last.text);
  if (last.text === '' && last.files.length === 0) throw invalid('messages: the last one must not be empty');
  if (!text.success) throw invalid(`messages: the last one ${text.error.issues[0]?.message ?? 'is not valid'}`);
  return {
    model: model ?? 'queueclaw',
    text: text.data,
    files: last.files,
    context: contextOf(said),
    stream: stream === true,
    includeUsage: options?.include_usage === true,
  };
}

const unsupported = (publicMessage: string): AppError => new AppError('request.unsupported', { publicMessage });
const invalid = (publicMessage: string): AppError => new AppError('request.invalid', { publicMessage });

type Role = z.infer<typeof Message>['role'];
type Said = Omit<Before, 'role'> & { readonly role: Role };

function contentOf(role: Role, content: z.infer<typeof Message>['content']): Omit<Said, 'role'> {
  if (typeof content === 'string') return { text: content, files: [] };
  const lines: string[] = [];
  const files: CompletionFile[] = [];
  for (const part of content ?? []) {
    if (part.type === 'text' && part.text !== undefined) lines.push(part.text);
    else if (role === 'user') files.push(fileOf(part));
    else throw unsupported(`Parts of type ${part.type.slice(0, 32)} are not supported.`);
  }
  return { text: lines.join('\n'), files };
}

/** Instructions of the client are told as such, by the user: only the operator writes the system prompt. */
function contextOf(said: readonly Said[]): readonly Before[] {
  const context = said.flatMap(({ role, text, files }): Before[] => {
    if (role === 'tool' || role === 'function') throw unsupported('Messages of tools are not supported.');
    if (text === '' && files.length === 0) return [];
    if (role === 'assistant') return [{ role, text, files }];
    return [{ role: 'user', text: role === 'user' ? text : `[Instructions for this conversation]\n${text}`, files }];
  });
  const first = context.findIndex(({ role }) => role === 'user');
  return first === -1 ? [] : context.slice(first);
}
