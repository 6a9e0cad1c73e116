import { expect, it } from 'vitest';
import { history } from '../testing/history.js';
import { requestOf } from '../testing/requests.js';
import { chatRequest } from './chat-request.js';
import { responsesRequest } from './responses-request.js';

it('pairs calls and results under ids of the alphabet of Chat Completions', () => {
  const { messages } = chatRequest(requestOf(history), 'm', 100);
  expect(messages.slice(0, 1)).toEqual([{ role: 'system', content: 'You are a test.' }]);
  expect(messages.slice(3, 6)).toEqual([
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1_1_1', type: 'function', function: { name: 'shell', arguments: '{"command":"date"}' } },
        { id: 'call_1_1_2', type: 'function', function: { name: 'shell', arguments: '{"input":"no object"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1_1_1', content: 'Monday' },
    { role: 'tool', tool_call_id: 'call_1_1_2', content: '' },
  ]);
});

it('pairs calls and results in the Responses API, and stores nothing at the vendor', () => {
  const { input, store, instructions } = responsesRequest(requestOf(history), 'm', 100);
  expect(store).toBe(false);
  expect(instructions).toBe('You are a test.');
  expect(input?.slice(2, 6)).toEqual([
    { type: 'function_call', call_id: 'call_1_1_1', name: 'shell', arguments: '{"command":"date"}' },
    { type: 'function_call', call_id: 'call_1_1_2', name: 'shell', arguments: '{"input":"no object"}' },
    { type: 'function_call_output', call_id: 'call_1_1_1', output: 'Monday' },
    { type: 'function_call_output', call_id: 'call_1_1_2', output: '' },
  ]);
});

it('asks for usage, and sends no empty list of tools', () => {
  const request = chatRequest(requestOf('hi', { tools: [], system: '' }), 'm', 100);
  expect(request).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    max_tokens: 100,
    stream: true,
    stream_options: { include_usage: true },
  });
});
