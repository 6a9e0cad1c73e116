import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  pattern: z.string().min(1).max(1_024).describe('Extended regular expression.'),
  path: z.string().min(1).max(4_096).optional(),
  glob: z.string().min(1).max(256).optional().describe('Only files with such names, e.g. *.ts'),
  ignore_case: z.boolean().optional(),
});

/** Searches the text files of the conversation's workspace. */
export const searchFiles: Tool = defineTool({
  name: 'search_files',
  description: 'Searches text in the files of /workspace: file, line number, line.',
  args,
  idempotent: true,
  timeoutMs: 30_000,
  summary: ({ pattern }) => pattern,
  run: () => import('./run.js'),
});
