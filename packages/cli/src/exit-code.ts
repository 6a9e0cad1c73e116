/** What the command line's exit codes mean. */
export const exitCode = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** An error whose message is for the person at the terminal, with the exit code it ends in. */
export class CommandError extends Error {
  readonly code: number;

  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}
