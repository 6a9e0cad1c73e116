import type { NamedModelConfig } from '../contract.js';

/** A vendor's protocol, in pieces that a test can send, cut and delay. */
export type Wire = {
  readonly name: string;
  readonly type: string;
  config(url: string): NamedModelConfig;
  /** Leads the requests to the test's server although the model's address is the vendor's own. */
  redirect?(url: string): typeof fetch;
  readonly open: string;
  text(text: string): string;
  /** A tool call that has begun and lacks its end. */
  readonly halfCall: string;
  /** A whole tool call, without the end of the answer. */
  readonly wholeCall: string;
  readonly end: string;
  readonly endAtLimit: string;
  readonly garbage: string;
  /** The body of a refusal because the request is too long (HTTP 400). */
  readonly tooLong: string;
};

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: { type: string }): string => `event: ${value.type}\n${data(value)}`;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const sse = 'text/event-stream';
const garbage = 'data: {"id": "x", <html>\n\n';
const key = 'sk-test-0123456789abcdef';

const chunk = (delta: unknown, finish: string | null = null): string =>
  data({
    id: 'c',
    object: 'chat.completion.chunk',
    model: 'm-1',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
const part = (index: number, more: unknown): string => chunk({ tool_calls: [{ index, ...Object(more) }] });

export const chatWire: Wire = {
  name: 'openai (Chat Completions)',
  type: sse,
  config: (url) => ({ name: 'it', provider: 'openai', model: 'm', api_key: key, base_url: `${url}/v1` }),
  open: chunk({ role: 'assistant', content: '' }),
  text: (content) => chunk({ content }),
  halfCall:
    part(0, { id: 'a', type: 'function', function: { name: 'shell', arguments: '' } }) +
    part(0, { function: { arguments: '{"command": "rm -r' } }),
  wholeCall:
    part(0, { id: 'a', type: 'function', function: { name: 'shell', arguments: '{"comm' } }) +
    part(0, { function: { arguments: 'and": "date"}' } }),
  end:
    chunk({}, 'stop') +
    data({
      model: 'm-1',
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } },
    }) +
    'data: [DONE]\n\n',
  endAtLimit: `${chunk({}, 'length')}data: [DONE]\n\n`,
  garbage,
  tooLong: JSON.stringify({
    error: {
      message: "This model's maximum context length is 8192 tokens",
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    },
  }),
};

const call = { type: 'function_call', id: 'fc', call_id: 'a', name: 'shell', status: 'completed' };
const answer = (status: string, more: object): object => ({
  id: 'r',
  status,
  model: 'm-1',
  usage: { input_tokens: 7, output_tokens: 3, input_tokens_details: { cached_tokens: 2 } },
  ...more,
});

export const responsesWire: Wire = {
  name: 'openai (Responses)',
  type: sse,
  config: () => ({ name: 'it', provider: 'openai', model: 'm', api_key: key }),
  redirect: (url) => (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    return fetch(`${url}${pathname}`, init);
  },
  open: event({ type: 'response.created', response: { id: 'r', model: 'm-1' } } as { type: string }),
  text: (delta) => event({ type: 'response.output_text.delta', delta } as { type: string }),
  halfCall:
    event({ type: 'response.output_item.added', item: { ...call, arguments: '' } } as { type: string }) +
    event({ type: 'response.function_call_arguments.delta', delta: '{"command": "rm -r' } as { type: string }),
  wholeCall: event({ type: 'response.output_item.done', item: { ...call, arguments: '{"command": "date"}' } } as {
    type: string;
  }),
  end: event({ type: 'response.completed', response: answer('completed', {}) } as { type: string }),
  endAtLimit: event({
    type: 'response.incomplete',
    response: answer('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
  } as { type: string }),
  garbage,
  tooLong: chatWire.tooLong,
};

const blockStart = (block: object): string =>
  event({ type: 'content_block_start', index: 0, content_block: block } as { type: string });
const blockDelta = (delta: object): string =>
  event({ type: 'content_block_delta', index: 0, delta } as { type: string });
const blockStop = event({ type: 'content_block_stop', index: 0 } as { type: string });
const toolBlock = { type: 'tool_use', id: 'toolu_1', name: 'shell', input: {} };
const messageEnd = (reason: string): string =>
  event({ type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 3 } } as { type: string }) +
  event({ type: 'message_stop' });

export const anthropicWire: Wire = {
  name: 'anthropic',
  type: sse,
  config: (url) => ({ name: 'it', provider: 'anthropic', model: 'm', api_key: key, base_url: url }),
  open: event({
    type: 'message_start',
    message: {
      model: 'm-1',
      usage: { input_tokens: 4, cache_read_input_tokens: 2, cache_creation_input_tokens: 1, output_tokens: 1 },
    },
  } as { type: string }),
  text: (text) => blockStart({ type: 'text', text: '' }) + blockDelta({ type: 'text_delta', text }) + blockStop,
  halfCall: blockStart(toolBlock) + blockDelta({ type: 'input_json_delta', partial_json: '{"command": "rm -r' }),
  wholeCall:
    blockStart(toolBlock) + blockDelta({ type: 'input_json_delta', partial_json: '{"command": "date"}' }) + blockStop,
  end: messageEnd('end_turn'),
  endAtLimit: messageEnd('max_tokens'),
  garbage: 'event: content_block_delta\ndata: {"type": <html>\n\n',
  tooLong: JSON.stringify({
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
  }),
};

export const ollamaWire: Wire = {
  name: 'ollama',
  type: 'application/x-ndjson',
  config: (url) => ({ name: 'it', provider: 'ollama', model: 'm', base_url: url }),
  open: '',
  text: (content) => line({ model: 'm-1', message: { role: 'assistant', content }, done: false }),
  halfCall: '{"model": "m-1", "message": {"role": "assistant", "tool_calls": [{"function": {"name": "shell", "arg',
  wholeCall: line({
    model: 'm-1',
    message: {
      role: 'assistant',
      content: '',
      tool_calls: [{ function: { name: 'shell', arguments: { command: 'date' } } }],
    },
    done: false,
  }),
  end: line({
    model: 'm-1',
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 7,
    eval_count: 3,
  }),
  endAtLimit: line({ model: 'm-1', done: true, done_reason: 'length', prompt_eval_count: 7, eval_count: 3 }),
  garbage: '{"model": <html>\n',
  tooLong: '',
};

export const wires: readonly Wire[] = [chatWire, responsesWire, anthropicWire, ollamaWire];
