import { pino, type Logger } from 'pino';
import { reportError } from './error-report.js';
import { formatLogLine } from './log-line.js';
import { redact } from './redaction.js';
import { traceFields } from './tracing/span.js';

export type { Logger };

const serializers = { err: reportError, error: reportError, cause: reportError };

/** JSON for programs, text for a person at a terminal. */
const toStdout = (line: string): void =>
  void process.stdout.write(process.stdout.isTTY ? `${formatLogLine(line, !process.env['NO_COLOR'])}\n` : line);

/**
 * A structured logger writing JSON lines; registered secrets are taken out of every line before it is written, and errors
 * (`{ err }`) are reduced to type, message, code, stack and causes. Lines of a span that is kept say which.
 * @param service name of the stage, on every line
 * @param level the least level that is written
 * @param write where the lines go; stdout unless given, as text when that is a terminal
 */
export function createLogger(
  service: string,
  level: string = 'info',
  write: (line: string) => void = toStdout,
): Logger {
  return pino(
    { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, serializers, mixin: traceFields },
    { write: (line: string): void => write(redact(line)) },
  );
}
