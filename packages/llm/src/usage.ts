import type { Usage } from '@queueclaw/contracts';

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

/** The sum of two; undefined when neither is known. */
export function addUsage(left: Usage | undefined, right: Usage): Usage;
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined;
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return usageOf(
    left.inputTokens + right.inputTokens,
    left.outputTokens + right.outputTokens,
    (left.cachedTokens ?? 0) + (right.cachedTokens ?? 0),
  );
}

/** A rough count for models that report none: four characters a token. */
export function estimateTokens(chars: number): number {
  return Math.ceil(chars / 4);
}
