import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  path: z.string().min(1).max(4_096).describe('Relative to /workspace.'),
  offset: z.number().int().min(0).max(16_777_216).optional().describe('First line, from 0.'),
  limit: z.number().int().min(1).max(10_000).optional().describe('Lines.'),
});

/** Reads a text file of the conversation's workspace. */
export const readFile: Tool = defineTool({
  name: 'read_file',
  description: 'Reads a text file of /workspace.',
  args,
  idempotent: true,
  timeoutMs: 15_000,
  summary: ({ path }) => path,
  run: () => import('./run.js'),
});
