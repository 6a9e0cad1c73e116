import type { ModelMessage, ModelRequest } from '@queueclaw/contracts';
import type OpenAI from 'openai';
import { argumentsObject, vendorCallId } from '../calls.js';
import { dataUrl } from '../pictures.js';

type Item = OpenAI.Responses.ResponseInputItem;

const itemsOf = (message: ModelMessage): Item[] => {
  if (message.role === 'user') {
    const { text, images = [] } = message;
    if (images.length === 0) return [{ role: 'user', content: text }];
    const pictures = images.map((image) => ({
      type: 'input_image' as const,
      image_url: dataUrl(image),
      detail: 'auto' as const,
    }));
    return [{ role: 'user', content: [...pictures, ...(text === '' ? [] : [{ type: 'input_text' as const, text }])] }];
  }
  if (message.role === 'tool')
    return [{ type: 'function_call_output', call_id: vendorCallId(message.call), output: message.text }];
  const said: Item[] = message.text === '' ? [] : [{ role: 'assistant', content: message.text }];
  const calls = (message.calls ?? []).map(({ id, name, args }): Item => ({
    type: 'function_call',
    call_id: vendorCallId(id),
    name,
    arguments: JSON.stringify(argumentsObject(args)),
  }));
  return [...said, ...calls];
};

/**
 * The request in the words of the Responses API (https://platform.openai.com/docs/api-reference/responses). Nothing is
 * stored at the vendor: the transcript is ours.
 */
export function responsesRequest(
  request: ModelRequest,
  model: string,
  maxTokens: number,
): OpenAI.Responses.ResponseCreateParamsStreaming {
  const tools = request.tools.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    name,
    description,
    parameters: { ...parameters },
    strict: false,
  }));
  return {
    model,
    ...(request.system === '' ? {} : { instructions: request.system }),
    input: request.messages.flatMap(itemsOf),
    ...(tools.length === 0 ? {} : { tools }),
    max_output_tokens: maxTokens,
    store: false,
    stream: true,
  };
}
