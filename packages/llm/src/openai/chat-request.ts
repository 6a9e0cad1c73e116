import type { ModelMessage, ModelRequest } from '@queueclaw/contracts';
import type OpenAI from 'openai';
import { argumentsObject, vendorCallId } from '../calls.js';
import { dataUrl } from '../pictures.js';

type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;

const messageOf = (message: ModelMessage): Message => {
  if (message.role === 'user') {
    const { text, images = [] } = message;
    if (images.length === 0) return { role: 'user', content: text };
    const pictures = images.map((image) => ({ type: 'image_url' as const, image_url: { url: dataUrl(image) } }));
    return { role: 'user', content: [...pictures, ...(text === '' ? [] : [{ type: 'text' as const, text }])] };
  }
  if (message.role === 'tool') return { role: 'tool', tool_call_id: vendorCallId(message.call), content: message.text };
  const calls = message.calls ?? [];
  if (calls.length === 0) return { role: 'assistant', content: message.text };
  return {
    role: 'assistant',
    content: message.text === '' ? null : message.text,
    tool_calls: calls.map(({ id, name, args }) => ({
      id: vendorCallId(id),
      type: 'function',
      function: { name, arguments: JSON.stringify(argumentsObject(args)) },
    })),
  };
};

/**
 * The request in the words of Chat Completions (https://platform.openai.com/docs/api-reference/chat), as compatible
 * servers understand it: a `system` message, no strict schemas, and `max_tokens` unless told otherwise.
 */
export function chatRequest(
  request: ModelRequest,
  model: string,
  maxTokens: number,
  maxTokensField: 'max_tokens' | 'max_completion_tokens' = 'max_tokens',
): OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming {
  const system: Message[] = request.system === '' ? [] : [{ role: 'system', content: request.system }];
  const tools = request.tools.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    function: { name, description, parameters: { ...parameters } },
  }));
  return {
    model,
    messages: [...system, ...request.messages.map(messageOf)],
    ...(tools.length === 0 ? {} : { tools }),
    [maxTokensField]: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  };
}
