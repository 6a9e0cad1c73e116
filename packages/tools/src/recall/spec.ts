import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

const args = z.object({ query: z.string().max(1_000).optional().describe('Words to look for; absent: the newest.') });
export type RecallArgs = z.output<typeof args>;

/** Finds what was remembered; run by the agent. */
export const recall: Tool = defineTool({
  name: 'recall',
  description: 'Finds what you were told to remember, with ids.',
  args,
  idempotent: true,
  timeoutMs: 10_000,
  summary: ({ query }) => query ?? '',
});
