import { AppError } from '@queueclaw/contracts';
import type { z } from 'zod';

const sentenceMax = 300;

const isTooLong = (issue: z.core.$ZodIssue): boolean =>
  issue.path[0] === 'text' && (issue.code === 'too_big' || issue.message.includes('64 KiB'));

const units: ReadonlyMap<string, string> = new Map([
  ['string', ' characters'],
  ['array', ' entries'],
]);

const bound = (
  issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall,
  word: string,
  edge: number | bigint,
): string => {
  const unit = units.get(issue.origin) ?? '';
  return unit === '' ? `must be ${word} ${edge}` : `must have ${word} ${edge}${unit}`;
};

/** What is wrong, in words of the protocol; the schema's own sentences where they are ours. */
function problem(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'is missing' : `must be of type ${issue.expected}`;
    case 'invalid_value':
      return `must be one of: ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound(issue, 'at least', issue.minimum);
    case 'too_big':
      return bound(issue, 'at most', issue.maximum);
    case 'unrecognized_keys':
      return `has unknown fields: ${issue.keys.map((key) => JSON.stringify(key.slice(0, 64))).join(', ')}`;
    case 'invalid_union':
      return issue.message === 'Invalid input' ? 'fits none of the forms it may have' : issue.message;
    default:
      return issue.message;
  }
}

/** A schema's complaint as the error that the client reads: names the field, never repeats a value. */
export function requestError(error: z.ZodError): AppError {
  const [issue] = error.issues;
  if (issue === undefined) return new AppError('request.invalid');
  const field = issue.path.map(String).join('.');
  const publicMessage = `${field === '' ? 'The request' : field}: ${problem(issue)}`.slice(0, sentenceMax);
  if (isTooLong(issue)) return new AppError('request.text_too_long');
  return new AppError(field === 'conversation' ? 'conversation.invalid' : 'request.invalid', { publicMessage });
}
