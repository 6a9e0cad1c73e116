/** When what happens after a stop was asked for, milliseconds from then. */
export type ShutdownTimes = {
  /** What runs may finish until now; then it is broken off and left to others. */
  readonly graceMs: number;
  /** A process that has not ended now ends itself. */
  readonly endMs: number;
  /** A process that is still there now is killed by its supervisor. */
  readonly killMs: number;
};

/** Divides `server.shutdown_timeout` so that everything, the end of Redis included, is over within it. */
export function shutdownTimes(timeoutMs: number): ShutdownTimes {
  const reserveMs = Math.min(4_000, timeoutMs / 3);
  return {
    graceMs: Math.round(timeoutMs - reserveMs),
    endMs: Math.round(timeoutMs - reserveMs / 2),
    killMs: Math.round(timeoutMs - reserveMs / 4),
  };
}
