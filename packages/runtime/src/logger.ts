import { pino, type Logger } from 'pino';
import { redact } from './redaction.js';

export type { Logger };

/**
 * A structured logger writing JSON lines to stdout; registered secrets are taken out of every line before it is written.
 * @param service name of the stage, on every line
 */
export function createLogger(service: string, level: string = 'info'): Logger {
  return pino(
    { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string): void => void process.stdout.write(redact(line)) },
  );
}
