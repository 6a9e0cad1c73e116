import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

const args = z.object({ id: z.string().min(1).max(64).describe('As recall tells it.') });
export type ForgetArgs = z.output<typeof args>;

/** Drops something that was remembered; run by the agent. */
export const forget: Tool = defineTool({
  name: 'forget',
  description: 'Drops something that is remembered.',
  args,
  idempotent: true,
  timeoutMs: 10_000,
  effects: ['remembers'],
  summary: ({ id }) => id,
});
