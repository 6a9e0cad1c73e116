/** A part with a life: started once, stopped once (stopping twice or before the start is harmless). */
export type Service = {
  readonly name: string;
  /** Resolves when it serves. */
  start(): Promise<void>;
  /** Resolves when everything it started has ended, at most `graceMs` milliseconds later. */
  stop(graceMs: number): Promise<void>;
};
