import type { BudgetHit } from '@queueclaw/contracts';
import type { Next } from '@queueclaw/turn';
import { type Answer, askModel } from './ask-model.js';
import type { Halt } from './budget.js';
import type { Step } from './step.js';

/** What came of asking: an answer, or why nobody was asked. */
export type Asked =
  | ({ readonly did: 'ask' } & Answer)
  | { readonly did: 'wait'; readonly delayMs: number }
  | { readonly did: 'refuse'; readonly hit: BudgetHit };

/**
 * Asks the model if the budgets of the day allow it, for each of its tries.
 * @param now milliseconds since the epoch, of Redis' clock
 * @param again the same step was asked before under this lease
 * @throws AppError system.full, system.unavailable
 */
export async function askWithinBudget(
  step: Step,
  asked: Extract<Next, { do: 'ask' }>,
  now: number,
  again: boolean,
): Promise<Asked> {
  const { deps, address, profile } = step;
  const { name } = deps.models.get(profile.model);
  const permit = await deps.budget.permit(address, asked.journal, asked.request, name, now);
  if (permit.do !== 'ask') return halted(permit);
  const answer = await askModel(step, { ...asked, request: permit.request }, again);
  const halt = permit.over();
  return halt === undefined ? { did: 'ask', ...answer } : halted(halt);
}

const halted = (halt: Halt): Asked =>
  halt.do === 'wait' ? { did: 'wait', delayMs: halt.delayMs } : { did: 'refuse', hit: halt.hit };
