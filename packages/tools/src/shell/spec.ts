import { z } from 'zod';
import { defineTool } from '../define-tool.js';
import type { Tool } from '../contract.js';

export const args = z.object({
  command: z.string().min(1).max(16_384).describe('For /bin/sh -c.'),
  timeout_seconds: z.number().min(1).max(600).optional(),
});

/** Runs a command in the conversation's sandbox. */
export const shell: Tool = defineTool({
  name: 'shell',
  description: 'Runs a shell command in a Linux sandbox without network. Files in /workspace persist; others do not.',
  args,
  idempotent: false,
  timeoutMs: 600_000,
  summary: ({ command }) => command,
  run: () => import('./run.js'),
});
