import { z } from 'zod';
import { ConversationId } from './ids.js';
import { Route, Sender } from './mail.js';

/** Somebody unknown who wrote to an account of a messaging app: what is needed to tell them that they may. */
export const PairingRequest = z.object({
  v: z.literal(1),
  from: Sender,
  conversation: ConversationId,
  route: Route,
  /** BCP 47, when the channel knows it. */
  language: z.string().max(35).optional(),
});
export type PairingRequest = z.infer<typeof PairingRequest>;
