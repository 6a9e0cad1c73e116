import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  path: z.string().min(1).max(4_096).optional(),
  depth: z.number().int().min(1).max(20).optional(),
});

/** Lists files of the conversation's workspace. */
export const listFiles: Tool = defineTool({
  name: 'list_files',
  description: 'Lists files of /workspace with their sizes.',
  args,
  idempotent: true,
  timeoutMs: 15_000,
  summary: ({ path }) => path ?? '.',
  run: () => import('./run.js'),
});
