import type { ErrorCode } from '@queueclaw/contracts';

/** What the command line's exit codes mean. */
export const exitCode = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

const errorOf = (code: number): ErrorCode => {
  if (code === exitCode.usage) return 'request.invalid';
  return code === exitCode.unreachable ? 'system.unavailable' : 'system.internal';
};

/** An error whose message is for the person at the terminal, with the exit code it ends in and, for `--json`, its code. */
export class CommandError extends Error {
  readonly code: number;
  readonly errorCode: string;

  constructor(message: string, code: number = exitCode.failed, errorCode: string = errorOf(code)) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.errorCode = errorCode;
  }
}
