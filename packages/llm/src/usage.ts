import type { Usage } from '@queueclaw/contracts';
import type { ModelPrice } from '@queueclaw/runtime';

const whole = (count: number | null | undefined): number =>
  typeof count === 'number' && Number.isFinite(count) ? Math.max(0, Math.round(count)) : 0;

/** Tokens as vendors report them, as ours. `input` includes what came from the cache. */
export function usageOf(
  input: number | null | undefined,
  output: number | null | undefined,
  cached?: number | null,
): Usage {
  const cachedTokens = whole(cached);
  return {
    inputTokens: whole(input),
    outputTokens: whole(output),
    ...(cachedTokens === 0 ? {} : { cachedTokens }),
  };
}

/** The sum of two; undefined when neither is known. The cost is what is known of it. */
export function addUsage(left: Usage | undefined, right: Usage): Usage;
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined;
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const sum = usageOf(
    left.inputTokens + right.inputTokens,
    left.outputTokens + right.outputTokens,
    (left.cachedTokens ?? 0) + (right.cachedTokens ?? 0),
  );
  const isPriced = left.costMicros !== undefined || right.costMicros !== undefined;
  return isPriced ? { ...sum, costMicros: (left.costMicros ?? 0) + (right.costMicros ?? 0) } : sum;
}

/** The usage with its cost; without a price as it is. What came from the cache has a price of its own, else that of input. */
export function priced(usage: Usage, price: ModelPrice | undefined): Usage {
  if (price === undefined) return usage;
  const cached = Math.min(usage.cachedTokens ?? 0, usage.inputTokens);
  const { input, output, cached: cachedPrice = input } = price;
  // Money per million tokens is millionths of money per token.
  const costMicros = (usage.inputTokens - cached) * input + cached * cachedPrice + usage.outputTokens * output;
  return { ...usage, costMicros: Math.round(costMicros) };
}

/** A rough count for models that report none: four characters a token. */
export function estimateTokens(chars: number): number {
  return Math.ceil(chars / 4);
}
