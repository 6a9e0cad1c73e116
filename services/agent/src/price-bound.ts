import type { Usage } from '@queueclaw/contracts';
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

/** The usage with its cost: its own, else at this price. */
export function withCost(usage: Usage, price: TokenPrice | undefined): Usage {
  if (usage.costMicros !== undefined || price === undefined) return usage;
  return { ...usage, costMicros: Math.ceil(usage.inputTokens * price.input + usage.outputTokens * price.output) };
}
