import type { z } from 'zod';
import { knownKeys } from './json-schema.js';
import { nearest } from './nearest.js';
import { getAt, withAt } from './paths.js';
import { formatPath, type ConfigPath, type ConfigProblem } from './problem.js';

/** Where the value at a path was written, in the words of a problem. */
export type Locate = (path: ConfigPath) => string | undefined;

const pathOf = (issue: z.core.$ZodIssue): ConfigPath =>
  issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));

/** What zod found as problems for people; an unknown key gets the nearest known one. */
export function issueProblems(issue: z.core.$ZodIssue, where: Locate): ConfigProblem[] {
  const path = pathOf(issue);
  if (issue.code !== 'unrecognized_keys')
    return [{ where: where(path), path: formatPath(path), message: issue.message }];
  const known = knownKeys(path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
    return { where: where([...path, key]), path: formatPath([...path, key]), message: `unknown key; ${hint}` };
  });
}

const isSame = (left: ConfigPath, right: ConfigPath): boolean => formatPath(left) === formatPath(right);

/** `${PORT}` is text after the expansion; where the schema wants a number or a truth value, it is read as one. */
export function coerceExpanded(
  raw: unknown,
  issues: readonly z.core.$ZodIssue[],
  replaced: readonly ConfigPath[],
): unknown {
  let value = raw;
  for (const issue of issues) {
    const path = pathOf(issue);
    const text = getAt(value, path);
    if (issue.code !== 'invalid_type' || typeof text !== 'string') continue;
    if (!replaced.some((other) => isSame(other, path))) continue;
    if (issue.expected === 'boolean' && /^(true|false)$/.test(text)) value = withAt(value, path, text === 'true');
    if (/^(number|int)/.test(issue.expected) && /^-?\d+(\.\d+)?$/.test(text)) value = withAt(value, path, Number(text));
  }
  return value;
}
