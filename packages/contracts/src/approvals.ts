import { z } from 'zod';
import { CallId } from './ids.js';

/** Names one call that waits, once: another call, another time has another name. */
export const ApprovalId = z.string().regex(/^[0-9a-f]{10}$/);
export type ApprovalId = z.infer<typeof ApprovalId>;

/** For this call alone, or for exactly the same one until the conversation begins anew. */
export const ApprovalScope = z.enum(['once', 'conversation']);
export type ApprovalScope = z.infer<typeof ApprovalScope>;

/** What a person decided about a call that waits. Written beside the journal, in one step with the answer to the person. */
export const Decision = z.object({ call: CallId, approval: ApprovalId, approved: z.boolean() });
export type Decision = z.infer<typeof Decision>;

/** Calls of one answer that may wait for people at the same time. */
export const askedMax = 8;
/** Calls that a conversation remembers as approved; the oldest is forgotten first. */
export const grantsMax = 100;

/** What stands in a conversation's `waiting` for a call that nobody has decided on. */
export const askedMark = (approval: ApprovalId): string => `a${approval}`;
