import type { ActorAddress, ControlMail, Journal, PersonMail, Reply } from '@queueclaw/contracts';
import type { Claim, Lease } from '../lease-types.js';

let serial = 0;

/** A conversation that nobody has used. */
export const somewhere = (): ActorAddress => ({ tenant: 'default', conversation: `c${(serial += 1)}` });

const route = { channel: 'telegram' };
const from = { id: 'ada' };
const usage = { inputTokens: 0, outputTokens: 0 };

export const person = (id: string, text: string = 'hi'): PersonMail => ({
  ...{ v: 1, kind: 'person', id, text, from, route, at: 1 },
});

export const stop = (id: string): ControlMail => ({ v: 1, kind: 'control', id, action: 'stop', from, route, at: 1 });

export const reply = (id: string, channel: string = 'telegram'): Reply => ({
  ...{ v: 1, id, turn: 1, text: 'hello', answers: [id], status: 'answered', route: { channel }, at: 1 },
});

/** A turn that waits for one call. */
export const waitingForTool: Journal = {
  ...{ v: 1, turn: 1, step: 1, startedAt: 1, answers: [], entries: [], toolCalls: 1, usage },
  pending: [{ call: '1.1.1', name: 'shell', args: {}, ticket: 'ticket-of-call-1.1.1', deadlineAt: 1 }],
};

/** The lease that a claim must have given. */
export const claimed = (claim: Claim): Lease => {
  if (typeof claim === 'string') throw new Error(`expected a lease, got ${claim}`);
  return claim;
};
