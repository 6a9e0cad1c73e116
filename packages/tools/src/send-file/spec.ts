import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  path: z.string().min(1).max(4_096).describe('Relative to /workspace.'),
  name: z.string().min(1).max(255).optional().describe('What the person sees.'),
});

/** Sends a file of the conversation's workspace to the person, with the turn's answer. */
export const sendFile: Tool = defineTool({
  name: 'send_file',
  description: 'Sends a file of /workspace to the person, with your answer.',
  args,
  idempotent: true,
  timeoutMs: 60_000,
  summary: ({ path }) => path,
  run: () => import('./run.js'),
});
