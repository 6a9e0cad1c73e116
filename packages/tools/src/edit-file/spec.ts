import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  path: z.string().min(1).max(4_096),
  old: z.string().min(1).max(262_144).describe('Exact text that is there, once unless all is true.'),
  new: z.string().max(262_144),
  all: z.boolean().optional(),
});

/** Replaces a piece of a text file of the conversation's workspace. */
export const editFile: Tool = defineTool({
  name: 'edit_file',
  description: 'Replaces a piece of text in a file of /workspace.',
  args,
  idempotent: false,
  timeoutMs: 15_000,
  summary: ({ path }) => path,
  run: () => import('./run.js'),
});
