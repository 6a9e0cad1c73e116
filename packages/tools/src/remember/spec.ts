import { memoryTextMax } from '@queueclaw/contracts';
import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

const args = z.object({
  text: z.string().min(1).max(memoryTextMax).describe('One fact, complete in itself.'),
  scope: z.enum(['person', 'conversation']).optional(),
});
export type RememberArgs = z.output<typeof args>;

/** Keeps a fact for later turns; run by the agent. */
export const remember: Tool = defineTool({
  name: 'remember',
  description: 'Keeps a fact about the person or this conversation for later turns, beyond what was said in it.',
  args,
  idempotent: true,
  timeoutMs: 10_000,
  effects: ['remembers'],
  summary: ({ text }) => text,
});
