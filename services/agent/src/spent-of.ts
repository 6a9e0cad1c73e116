import { type ErrorCode, estimateTokens, type ModelOutcome, type Usage } from '@queueclaw/contracts';
import type { TokenPrice } from '@queueclaw/budgets';
import type { Config } from '@queueclaw/runtime';

/** The dearest price among a model and those that are asked in its place; undefined when none of them has a price. */
export function priceBound({ prices, fallbacks }: Config['llm'], model: string): TokenPrice | undefined {
  const known = [model, ...fallbacks].flatMap((name) => (Object.hasOwn(prices, name) ? [prices[name]] : []));
  if (known.length === 0) return undefined;
  return {
    input: Math.max(...known.map((price) => Math.max(price?.input ?? 0, price?.cached ?? 0))),
    output: Math.max(...known.map((price) => price?.output ?? 0)),
  };
}

/** Failures after which a vendor may have read the request and written a part of an answer without telling how much. */
const broken: ReadonlySet<ErrorCode> = new Set(['llm.interrupted', 'llm.timeout', 'llm.aborted', 'llm.nonsense']);

/**
 * What a call has used up: what the vendor says; where it says nothing and may have worked, what was asked and what arrived,
 * estimated from above.
 * @param inputTokens the request, estimated; called only when it is needed
 */
export function spentOf(outcome: ModelOutcome, inputTokens: () => number, price: TokenPrice | undefined): Usage {
  const { usage } = outcome;
  const told = usage !== undefined && usage.inputTokens + usage.outputTokens > 0;
  const worked = outcome.ok || broken.has(outcome.failure.code) || outcome.text !== '';
  if ((outcome.ok && told) || !worked) return withCost(usage ?? { inputTokens: 0, outputTokens: 0 }, price);
  const arrived = estimateTokens(outcome.text);
  const { costMicros: _, ...known } = usage ?? { inputTokens: 0, outputTokens: 0 };
  return withCost(
    {
      ...known,
      inputTokens: known.inputTokens || inputTokens(),
      outputTokens: Math.max(known.outputTokens, arrived),
    },
    price,
  );
}

function withCost(usage: Usage, price: TokenPrice | undefined): Usage {
  if (usage.costMicros !== undefined || price === undefined) return usage;
  return { ...usage, costMicros: Math.ceil(usage.inputTokens * price.input + usage.outputTokens * price.output) };
}
