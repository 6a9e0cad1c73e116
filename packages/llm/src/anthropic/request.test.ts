import { expect, it } from 'vitest';
import { history } from '../testing/history.js';
import { requestOf, shellTool } from '../testing/requests.js';
import { messagesRequest } from './request.js';

const cached = { cache_control: { type: 'ephemeral' } };

it('alternates turns, puts results before what was said after them, and leaves out blocks of nothing', () => {
  expect(messagesRequest(requestOf(history), 'm', 100).messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'first' },
        { type: 'text', text: 'second' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'call_1_1_1', name: 'shell', input: { command: 'date' } },
        { type: 'tool_use', id: 'call_1_1_2', name: 'shell', input: { input: 'no object' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'call_1_1_1', content: 'Monday' },
        { type: 'tool_result', tool_use_id: 'call_1_1_2', content: '(no output)', is_error: true },
        { type: 'text', text: 'and now?' },
        { type: 'text', text: '(empty)', ...cached },
      ],
    },
  ]);
});

it('marks the tools, the system prompt and the last message for the cache', () => {
  const { system, tools, messages } = messagesRequest(requestOf('hi', { tools: [shellTool, shellTool] }), 'm', 100);
  expect(system).toEqual([{ type: 'text', text: 'You are a test.', ...cached }]);
  expect(tools?.map((tool) => 'cache_control' in tool)).toEqual([false, true]);
  expect(messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'hi', ...cached }] }]);
});

it('sends neither an empty system prompt nor an empty list of tools', () => {
  const request = messagesRequest(requestOf('hi', { tools: [], system: ' ' }), 'm', 100);
  expect(request).not.toHaveProperty('system');
  expect(request).not.toHaveProperty('tools');
});
