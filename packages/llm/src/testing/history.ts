import type { ModelMessage } from '@queueclaw/contracts';

/** A history with everything that vendors are particular about. */
export const history: readonly ModelMessage[] = [
  { role: 'user', text: 'first' },
  { role: 'user', text: 'second' },
  {
    role: 'assistant',
    text: '',
    calls: [
      { id: '1.1.1', name: 'shell', args: { command: 'date' } },
      { id: '1.1.2', name: 'shell', args: 'no object' },
    ],
  },
  { role: 'tool', call: '1.1.1', name: 'shell', text: 'Monday', ok: true },
  { role: 'tool', call: '1.1.2', name: 'shell', text: '', ok: false },
  { role: 'user', text: 'and now?' },
  { role: 'assistant', text: ' ' },
  { role: 'user', text: '' },
];
