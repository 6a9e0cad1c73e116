import { ConversationId } from '@queueclaw/contracts';
import { z } from 'zod';
import type { Tool } from '../contract.js';
import { defineTool } from '../define-tool.js';

const args = z.object({ read: ConversationId.optional().describe('One of the list; absent: the list.') });
export type ConversationsArgs = z.output<typeof args>;

/** Lists and reads the other conversations of a person who is alone with the assistant; run by the agent. */
export const conversations: Tool = defineTool({
  name: 'conversations',
  description: "Lists the person's own other conversations with you, or reads the end of one.",
  args,
  idempotent: true,
  timeoutMs: 10_000,
  effects: ['reads-untrusted'],
  summary: ({ read }) => read ?? 'list',
});
