import type { Journal, ModelRequest } from '@queueclaw/contracts';
import { giveUpAtLimit, giveUpUnheard } from './finish.js';
import { joinMail } from './join-mail.js';
import { limitHit, turnEndsAt } from './limits.js';
import { messagesOf } from './messages.js';
import { systemPrompt } from './prompt.js';
import { speakersOf } from './speakers.js';
import { couldNotSummarise, mustSummarise, withoutBefore } from './summarise.js';
import type { Next, TurnInput } from './turn-input.js';
import { saysNothing } from './voice-notes.js';
import { requestTokensMax, withinWindow } from './window.js';

function requestFor(input: TurnInput, journal: Journal): ModelRequest {
  const speakers = speakersOf([...input.history, ...journal.entries]);
  return {
    system: systemPrompt(input, journal, speakers !== undefined),
    messages: messagesOf(input, journal.entries, speakers),
    tools: input.agent.tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
    maxOutputTokens: input.agent.maxOutputTokens,
    key: `${input.tenant}/${input.conversation}/${journal.turn}.${journal.step + 1}`,
    timeoutMs: Math.max(1, turnEndsAt(journal, input) - input.now),
  };
}

/**
 * Asks the model for the turn's next step, with at most `joining` new messages; or ends the turn when a limit forbids it,
 * and then what waits is left for the next turn. `journal.pending` is empty.
 */
export function ask(input: TurnInput, journal: Journal, joining: number): Next {
  // A turn that has read nothing yet has nobody to tell about a limit.
  const hit = journal.answers.length === 0 ? undefined : limitHit(journal, input);
  if (hit !== undefined) return giveUpAtLimit(input, journal, hit);
  const joined = joinMail(journal, input, joining);
  const took = { mail: joined.took, control: 0 };
  if (saysNothing(joined.journal)) return giveUpUnheard(input, joined.journal);
  let read = input;
  let request = requestFor(read, joined.journal);
  for (let until = mustSummarise(read, request); until !== undefined; until = mustSummarise(read, request)) {
    if (!couldNotSummarise(input, joined.journal.turn))
      return { do: 'summarise', until, asked: false, journal: joined.journal, took };
    read = withoutBefore(read, until);
    request = requestFor(read, joined.journal);
  }
  return {
    do: 'ask',
    journal: joined.journal,
    request: withinWindow(request, requestTokensMax(input.agent)),
    took,
  };
}
