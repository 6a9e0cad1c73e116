import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({ zone: z.string().max(64).optional().describe('IANA name; UTC unless given.') });

/** Tells the time; needs no process. */
export const currentTime: Tool = defineTool({
  name: 'current_time',
  description: 'The current date and time.',
  args,
  idempotent: true,
  timeoutMs: 5_000,
  summary: ({ zone }) => zone ?? 'UTC',
  run: () => import('./run.js'),
});
