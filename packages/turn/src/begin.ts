import type { Journal } from '@queueclaw/contracts';
import { applyDecisions } from './apply-decisions.js';
import { ask } from './ask.js';
import { waitFor } from './call-tools.js';
import { giveUpAtLimit } from './finish.js';
import { freshMail, joinsMidTurn, mailPerTurnMax } from './join-mail.js';
import { newJournal } from './journal.js';
import { limitHit } from './limits.js';
import { obeyControl } from './obey-control.js';
import { missingCalls, settle } from './settle.js';
import { maySummarise } from './summarise.js';
import type { Next, TurnInput } from './turn-input.js';

/** The last deadline of a call that is still out: nothing changes before it, and a late result is better than none. */
function lastDeadline(input: TurnInput, journal: Journal): number {
  return Math.max(...missingCalls(journal, input.results).map(({ deadlineAt }) => deadlineAt));
}

function resume(input: TurnInput, journal: Journal): Next {
  const joining = joinsMidTurn(input);
  const missing = missingCalls(journal, input.results);
  if (journal.asking !== undefined && journal.asking.length > 0) {
    if (input.agent.queueMode === 'interrupt' && freshMail(journal, input.mail).length > 0)
      return ask(input, settle(journal, input.results, input.now, 'tool.cancelled'), joining);
    return applyDecisions(input, journal) ?? waitFor(input, journal);
  }
  if (missing.length === 0) return ask(input, settle(journal, input.results, input.now, 'tool.timeout'), joining);
  const hit = limitHit(journal, input);
  if (hit?.key === 'limit.time') return giveUpAtLimit(input, journal, hit);
  if (input.agent.queueMode === 'interrupt' && freshMail(journal, input.mail).length > 0) {
    return ask(input, settle(journal, input.results, input.now, 'tool.cancelled'), joining);
  }
  const deadlineAt = lastDeadline(input, journal);
  if (input.now >= deadlineAt) {
    return ask(input, settle(journal, input.results, input.now, 'tool.timeout'), joining);
  }
  return waitFor(input, journal);
}

/**
 * The next step of a conversation from what is durable: its journal, its mail, the results that came. Called again with the
 * same input after a crash it decides the same. Never throws.
 */
export function begin(input: TurnInput): Next {
  const { journal } = input;
  if (input.control.length > 0) return obeyControl(input);
  if (input.compact !== undefined) {
    const until = maySummarise(input);
    return { do: 'summarise', until, asked: true, journal, took: { mail: 0, control: 0 } };
  }
  if (journal !== undefined) return resume(input, journal);
  if (input.mail.length === 0) return { do: 'idle', took: { mail: 0, control: 0 } };
  return ask(input, newJournal(input), input.agent.queueMode === 'followup' ? 1 : mailPerTurnMax);
}
