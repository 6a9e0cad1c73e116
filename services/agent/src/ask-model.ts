import type { LiveEvent, ModelOutcome, ModelRequest } from '@queueclaw/contracts';
import { counter, histogram, spanOf, withSpan } from '@queueclaw/runtime';
import { collectOutcome, type Next } from '@queueclaw/turn';
import { withoutImages } from './load-images.js';
import type { Step } from './step.js';
import { toLive } from './to-live.js';

const tokensTotal = counter('queueclaw_tokens_total', 'Tokens used, by direction', ['direction']);
const modelSeconds = histogram('queueclaw_model_seconds', 'Duration of one model answer', ['model', 'outcome']);

/** `unwritten` are the live events that had no time to be written. */
export type Answer = { readonly outcome: ModelOutcome; readonly unwritten: readonly LiveEvent[] };

/**
 * Asks the profile's model for one step and streams its words to the conversation's live stream. Never throws on the model's
 * side.
 * @param again the same step was asked before under this lease
 */
export async function askModel(step: Step, asked: Extract<Next, { do: 'ask' }>, again: boolean): Promise<Answer> {
  const { name } = step.deps.models.get(step.profile.model);
  const attributes = {
    ...spanOf(step.address),
    ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': name, 'queueclaw.step': asked.journal.step + 1 },
  };
  return withSpan(`chat ${name}`, { kind: 'client', attributes }, async (span) => {
    const answer = await ask(step, asked, again);
    const { outcome } = answer;
    span.set({
      'gen_ai.usage.input_tokens': outcome.usage?.inputTokens,
      'gen_ai.usage.cache_read.input_tokens': outcome.usage?.cachedTokens,
      'gen_ai.usage.output_tokens': outcome.usage?.outputTokens,
      ...(outcome.ok ? { 'gen_ai.response.model': outcome.model, 'queueclaw.calls': outcome.calls.length } : {}),
    });
    if (!outcome.ok) span.fail(outcome.failure.code);
    return answer;
  });
}

async function ask(
  { deps, address, lease, profile, running, log }: Step,
  { journal, request }: Extract<Next, { do: 'ask' }>,
  again: boolean,
): Promise<Answer> {
  const model = deps.models.get(profile.model);
  const number = journal.step + 1;
  const live = toLive(lease, journal.turn, number, again, () => running.interrupt('stale'));
  const startedAt = performance.now();
  const put = (asked: ModelRequest): Promise<ModelOutcome> =>
    collectOutcome(model.stream(asked, running.signal()), live.add, live.restart);
  const shown = await deps.loadImages(address.tenant, request, running.signal());
  let outcome = await put(shown);
  // A picture that a vendor cannot read would end every turn that remembers it.
  const blind = !outcome.ok && outcome.failure.code === 'llm.refused' && outcome.text === '' && withoutImages(shown);
  if (blind) outcome = await put(blind);
  const unwritten = live.end();
  const seconds = (performance.now() - startedAt) / 1000;
  modelSeconds.observe({ model: model.name, outcome: outcome.ok ? 'ok' : outcome.failure.code }, seconds);
  tokensTotal.inc({ direction: 'in' }, outcome.usage?.inputTokens ?? 0);
  tokensTotal.inc({ direction: 'out' }, outcome.usage?.outputTokens ?? 0);
  if (seconds > 0.02 || !outcome.ok)
    log(
      `${journal.turn}.${number} model ${model.name} ${outcome.ok ? `${outcome.reason}, ${outcome.calls.length} calls` : outcome.failure.code}, ${Math.round(seconds * 1000)} ms`,
    );
  return { outcome, unwritten };
}
