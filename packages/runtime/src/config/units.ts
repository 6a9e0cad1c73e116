import ms, { type StringValue } from 'ms';
import { z } from 'zod';

const sizes: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

// The library throws for an empty or a very long text.
const parseDuration = (text: string): number | undefined =>
  text === '' || text.length > 100 ? undefined : ms(text as StringValue);

const parseSize = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB)$/.exec(text);
  const unit = sizes[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
};

const quantity = (
  parse: (text: string) => number | undefined,
  what: string,
  least: string,
  most: string,
): z.ZodType<number, string | number> =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = typeof value === 'number' ? value : parse(value);
    const low = parse(least) ?? 0;
    const high = parse(most) ?? Number.MAX_SAFE_INTEGER;
    if (parsed !== undefined && Number.isFinite(parsed) && parsed >= low && parsed <= high) return parsed;
    context.addIssue({ code: 'custom', message: `must be a ${what} between ${least} and ${most}` });
    return z.NEVER;
  });

/** A duration such as `30s` or `5m`, in milliseconds; a plain number is milliseconds. */
export const duration = (least: string, most: string): z.ZodType<number, string | number> =>
  quantity(parseDuration, 'duration like 30s', least, most);

/** A size such as `64MiB`, in bytes; a plain number is bytes. */
export const size = (least: string, most: string): z.ZodType<number, string | number> =>
  quantity(parseSize, 'size like 64MiB', least, most);
