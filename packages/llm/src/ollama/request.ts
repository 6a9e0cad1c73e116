import type { ModelMessage, ModelRequest } from '@queueclaw/contracts';
import type { ChatRequest, Message, Tool } from 'ollama';
import { argumentsObject } from '../calls.js';
import { base64 } from '../pictures.js';

const messageOf = (message: ModelMessage): Message => {
  if (message.role === 'user') {
    const { text, images = [] } = message;
    return { role: 'user', content: text, ...(images.length === 0 ? {} : { images: images.map(base64) }) };
  }
  if (message.role === 'tool') return { role: 'tool', content: message.text, tool_name: message.name };
  const calls = message.calls ?? [];
  if (calls.length === 0) return { role: 'assistant', content: message.text };
  const toolCalls = calls.map(({ name, args }) => ({ function: { name, arguments: argumentsObject(args) } }));
  return { role: 'assistant', content: message.text, tool_calls: toolCalls };
};

/**
 * The request in the words of Ollama's `POST /api/chat`. Results follow their calls in order: the protocol has no ids.
 * @param contextTokens the window; Ollama cuts a longer conversation in silence
 */
export function ollamaRequest(
  request: ModelRequest,
  model: string,
  maxTokens: number,
  contextTokens?: number,
): ChatRequest & { stream: true } {
  const tools = request.tools.map(({ name, description, parameters }): Tool => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
  const system: Message[] = request.system === '' ? [] : [{ role: 'system', content: request.system }];
  return {
    model,
    messages: [...system, ...request.messages.map(messageOf)],
    ...(tools.length === 0 ? {} : { tools }),
    stream: true,
    options: { num_predict: maxTokens, ...(contextTokens === undefined ? {} : { num_ctx: contextTokens }) },
  };
}
