import { type BudgetHit, type Journal, type PhraseKey, say } from '@queueclaw/contracts';
import { giveUp, publicError } from './finish.js';
import { languageOf, zonesOf } from './language-of.js';
import { momentInZone } from './moment-in-zone.js';
import type { Next, TurnInput } from './turn-input.js';

const phrases = {
  tokens: 'budget.tokens',
  money: 'budget.money',
  tool_calls: 'budget.tool_calls',
  turns: 'budget.turns',
} as const satisfies Record<BudgetHit['unit'], PhraseKey>;

const whose = {
  person: 'budget.whose.person',
  conversation: 'budget.whose.conversation',
  tenant: 'budget.whose.tenant',
} as const satisfies Record<BudgetHit['scope'], PhraseKey>;

const micros = 1_000_000;

/**
 * Ends a turn at a budget of the day: what it has done so far is kept, the person is told which budget, how much it is and
 * when it starts anew, in their language and time zone. `input.journal` waits for no tool.
 */
export function overBudget(input: TurnInput & { readonly journal: Journal }, hit: BudgetHit): Next {
  const { journal, now } = input;
  const last = journal.answers.at(-1);
  const language = languageOf(input, last);
  const values = {
    count: hit.unit === 'money' ? hit.limit / micros : hit.limit,
    currency: hit.currency,
    whose: say(language, whose[hit.scope]),
    reset: momentInZone(hit.resetsAt, zonesOf(input, last), language),
  };
  const text = say(language, phrases[hit.unit], values);
  const failure = { code: 'budget.exceeded', publicMessage: text, retryAfterMs: hit.resetsAt - now } as const;
  return giveUp(input, journal, { key: phrases[hit.unit], values }, publicError('budget.exceeded', failure));
}
