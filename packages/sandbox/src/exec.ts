/** Limits of one command. */
export type ExecOptions = {
  /** From the start of the command. */
  readonly timeoutMs: number;
  /** Both streams together; a command that writes more is killed and the head is kept. */
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
  /** What the command reads from its input, which is empty otherwise. */
  readonly stdin?: string | undefined;
};

/** How a command ended. The first reason wins; `memory`: the kernel ended a process because the call had used its memory up. */
export type ExecResult = {
  readonly reason: 'exit' | 'deadline' | 'overflow' | 'aborted' | 'signal' | 'memory';
  /** Of the shell, 128 + n for a signal; undefined unless `reason` is `exit`. */
  readonly exitCode: number | undefined;
  /** Standard output and error as they came. */
  readonly output: Uint8Array;
  /** For the model: limits that the command met, in sentences. */
  readonly notes: readonly string[];
  /** More was written than is kept. */
  readonly truncated: boolean;
  readonly ms: number;
};
