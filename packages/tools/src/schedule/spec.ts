import { scheduleTextMax } from '@queueclaw/contracts';
import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

const written = z.string().min(1).max(100).optional();

const args = z.object({
  action: z.enum(['create', 'list', 'pause', 'resume', 'delete']),
  text: z.string().min(1).max(scheduleTextMax).optional().describe('What to do then, complete in itself.'),
  at: written.describe('Once, e.g. 2026-11-24T09:00.'),
  after: written.describe('Once, from now: 30m, 2h.'),
  every: written.describe('E.g. 1h, 1d.'),
  cron: written.describe('Five fields.'),
  zone: z.string().min(1).max(64).optional().describe("IANA; the person's unless given."),
  id: z.string().min(1).max(64).optional(),
});
export type ScheduleArgs = z.output<typeof args>;

/** Has a text come to this conversation as mail at other times; run by the agent. */
export const schedule: Tool = defineTool({
  name: 'schedule',
  description: 'Reminders and recurring work: when due, text comes back to you in this conversation and you act on it.',
  args,
  idempotent: true,
  timeoutMs: 10_000,
  effects: ['schedules'],
  summary: ({ action, text, id }) => [action, id ?? text].filter(Boolean).join(' '),
});
