import type Anthropic from '@anthropic-ai/sdk';
import type { ModelMessage, ModelRequest } from '@queueclaw/contracts';
import { argumentsObject, vendorCallId } from '../calls.js';
import { base64 } from '../pictures.js';

type Block =
  | Anthropic.Messages.TextBlockParam
  | Anthropic.Messages.ImageBlockParam
  | Anthropic.Messages.ToolUseBlockParam
  | Anthropic.Messages.ToolResultBlockParam;
type Turn = { role: 'user' | 'assistant'; content: Block[] };

const cached = { cache_control: { type: 'ephemeral' } } as const;

/** Anthropic refuses blocks of nothing but white space. */
const textBlocks = (text: string): Block[] => (text.trim() === '' ? [] : [{ type: 'text', text }]);

const blocksOf = (message: ModelMessage): Block[] => {
  if (message.role === 'user') {
    const pictures = (message.images ?? []).map((image): Block => ({
      type: 'image',
      source: { type: 'base64', media_type: image.mediaType, data: base64(image) },
    }));
    const isEmpty = message.text.trim() === '' && pictures.length === 0;
    return [...pictures, ...textBlocks(isEmpty ? '(empty)' : message.text)];
  }
  if (message.role === 'tool') {
    const content = message.text.trim() === '' ? '(no output)' : message.text;
    const failed = message.ok ? {} : { is_error: true };
    return [{ type: 'tool_result', tool_use_id: vendorCallId(message.call), content, ...failed }];
  }
  const calls = (message.calls ?? []).map(({ id, name, args }): Block => ({
    type: 'tool_use',
    id: vendorCallId(id),
    name,
    input: argumentsObject(args),
  }));
  return [...textBlocks(message.text), ...calls];
};

/** Turns alternate: results, and what the person wrote after them, are one message of the user, results first. */
const turnsOf = (messages: readonly ModelMessage[]): Turn[] => {
  const turns: Turn[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = blocksOf(message);
    if (content.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
};

/**
 * The request in the words of the Messages API (https://platform.claude.com/docs/en/api/messages). Cache marks stand after
 * the tools, the system prompt and the last message, so that each step of a turn reads what the step before wrote. How much
 * the model thinks is left to its own default, which differs from model to model.
 */
export function messagesRequest(
  request: ModelRequest,
  model: string,
  maxTokens: number,
): Anthropic.Messages.MessageCreateParamsStreaming {
  const messages = turnsOf(request.messages);
  const lastBlocks = messages.at(-1)?.content;
  const lastBlock = lastBlocks?.at(-1);
  if (lastBlocks !== undefined && lastBlock !== undefined) lastBlocks.splice(-1, 1, { ...lastBlock, ...cached });
  const tools = request.tools.map(({ name, description, parameters }, at) => ({
    name,
    description,
    input_schema: { ...parameters, type: 'object' as const },
    ...(at === request.tools.length - 1 ? cached : {}),
  }));
  return {
    model,
    max_tokens: maxTokens,
    ...(request.system.trim() === '' ? {} : { system: [{ type: 'text', text: request.system, ...cached }] }),
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    stream: true,
  };
}
