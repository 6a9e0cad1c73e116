import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

export const args = z.object({
  patch: z
    .string()
    .min(1)
    .max(524_288)
    .describe('A unified diff, or *** Begin Patch … *** Add|Update|Delete File: <path> … *** End Patch.'),
});

/** Changes several files of the conversation's workspace at once, or none where the patch does not fit. */
export const applyPatch: Tool = defineTool({
  name: 'apply_patch',
  description: 'Changes, adds and deletes text files of /workspace by a patch; changes none unless all of it fits.',
  args,
  idempotent: false,
  timeoutMs: 30_000,
  summary: ({ patch }) => (/(?:File:|\+\+\+) *(\S+)/.exec(patch)?.[1] ?? 'a patch').replace(/^b\//, ''),
  run: () => import('./run.js'),
});
