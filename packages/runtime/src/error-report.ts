import { redact } from './redaction.js';

/** An error as plain data for logs: no payloads, bounded, without registered secrets. */
export type ErrorReport = {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorReport;
  readonly errors?: readonly ErrorReport[];
};

const depthMax = 5;
const errorsMax = 10;
const clip = (text: string, charsMax: number): string =>
  redact(text.length > charsMax ? `${text.slice(0, charsMax)}…` : text);

/**
 * Describes anything thrown: type, message, code, stack and up to 5 levels of causes. Other properties are left out on
 * purpose: a client library hangs the command with its arguments, and so people's words, on its errors.
 */
export function reportError(thrown: unknown, depth: number = 0): ErrorReport {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: clip(String(thrown), 2_000) };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: clip(thrown.code, 100) } : {};
  const more = depth < depthMax;
  const errors = more && thrown instanceof AggregateError ? (thrown.errors as readonly unknown[]) : [];
  return {
    type: thrown.name,
    message: clip(thrown.message, 2_000),
    ...code,
    ...(thrown.stack === undefined ? {} : { stack: clip(thrown.stack, 8_000) }),
    ...(more && thrown.cause !== undefined ? { cause: reportError(thrown.cause, depth + 1) } : {}),
    ...(errors.length > 0 ? { errors: errors.slice(0, errorsMax).map((error) => reportError(error, depth + 1)) } : {}),
  };
}
