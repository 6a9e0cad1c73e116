import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  path: z.string().min(1).max(4_096).describe('Relative to /workspace; folders are made.'),
  content: z.string().max(1_048_576).describe('The whole file.'),
});

/** Writes a whole text file of the conversation's workspace. */
export const writeFile: Tool = defineTool({
  name: 'write_file',
  description: 'Writes a text file of /workspace, replacing what was there.',
  args,
  idempotent: true,
  timeoutMs: 15_000,
  summary: ({ path }) => path,
  run: () => import('./run.js'),
});
