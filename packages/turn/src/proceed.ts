import type { ErrorCode, Journal, ModelOutcome, PhraseKey, TranscriptEntry } from '@queueclaw/contracts';
import { ask } from './ask.js';
import { callTools, numberCalls } from './call-tools.js';
import { answer, giveUp, publicError, tell } from './finish.js';
import { freshMail, joinsMidTurn } from './join-mail.js';
import { addUsage } from './journal.js';
import { obeyControl } from './obey-control.js';
import type { Next, TurnInput } from './turn-input.js';

const phrases: Partial<Record<ErrorCode, PhraseKey>> = {
  'llm.rate_limited': 'model.rate_limited',
  'llm.overloaded': 'model.rate_limited',
  'llm.timeout': 'model.timeout',
  'llm.interrupted': 'model.interrupted',
  'llm.aborted': 'model.interrupted',
  'llm.nonsense': 'model.nonsense',
  'llm.refused': 'model.refused',
  'llm.auth': 'model.auth',
  'llm.context': 'model.context',
};

function succeed(input: TurnInput, journal: Journal, outcome: Extract<ModelOutcome, { ok: true }>): Next {
  // The last call of an answer that was cut may be cut too; none of them runs.
  const made = outcome.reason === 'length' ? [] : numberCalls(journal, outcome.calls);
  const said = outcome.text.trim() !== '';
  const text = said || made.length > 0 ? outcome.text : tell(input, journal.answers, 'model.empty');
  const entry: TranscriptEntry = {
    v: 1,
    turn: journal.turn,
    at: input.now,
    role: 'assistant',
    text,
    ...(made.length === 0 ? {} : { calls: made.map(({ call }) => call) }),
    model: outcome.model,
    usage: outcome.usage,
    ...(said || made.length > 0 ? {} : { notice: true }),
  };
  const answered = { ...journal, entries: [...journal.entries, entry] };
  return made.length === 0 ? answer(input, answered, text) : callTools(input, answered, made);
}

/**
 * The next step after the model's answer to `input.journal`'s step. `input.mail` and `input.control` are what waits now;
 * control mail wins over any answer. Nothing of a failed or stopped answer is kept. Never throws.
 */
export function proceed(input: TurnInput & { readonly journal: Journal }, outcome: ModelOutcome): Next {
  const { journal: before } = input;
  const journal = { ...before, step: before.step + 1, usage: addUsage(before.usage, outcome.usage) };
  if (input.control.length > 0) return obeyControl({ ...input, journal });
  if (input.agent.queueMode === 'interrupt' && freshMail(journal, input.mail).length > 0) {
    return ask(input, journal, joinsMidTurn(input));
  }
  if (outcome.ok) return succeed(input, journal, outcome);
  const { code } = outcome.failure;
  return giveUp(input, journal, { key: phrases[code] ?? 'model.unavailable' }, publicError(code, outcome.failure));
}
