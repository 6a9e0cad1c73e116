import { AppError } from '@queueclaw/contracts';
import type { z } from 'zod';

const sentenceMax = 300;

const isTooLong = (issue: z.core.$ZodIssue): boolean =>
  issue.path[0] === 'text' && (issue.code === 'too_big' || issue.message.includes('64 KiB'));

/** A schema's complaint as the error that the client reads: names the field, never repeats a value. */
export function requestError(error: z.ZodError): AppError {
  const [issue] = error.issues;
  if (issue === undefined) return new AppError('request.invalid');
  const field = issue.path.map(String).join('.');
  const publicMessage = `${field === '' ? 'The request' : field}: ${issue.message}`.slice(0, sentenceMax);
  if (isTooLong(issue)) return new AppError('request.text_too_long');
  return new AppError(field === 'conversation' ? 'conversation.invalid' : 'request.invalid', { publicMessage });
}
