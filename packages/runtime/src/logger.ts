import { pino, type Logger } from 'pino';
import { reportError } from './error-report.js';
import { redact } from './redaction.js';

export type { Logger };

const serializers = { err: reportError, error: reportError, cause: reportError };

/**
 * A structured logger writing JSON lines; registered secrets are taken out of every line before it is written, and errors
 * (`{ err }`) are reduced to type, message, code, stack and causes.
 * @param service name of the stage, on every line
 * @param level the least level that is written
 * @param write where the lines go; stdout unless given
 */
export function createLogger(
  service: string,
  level: string = 'info',
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Logger {
  return pino(
    { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, serializers },
    { write: (line: string): void => write(redact(line)) },
  );
}
