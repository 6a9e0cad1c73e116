/** A part with a life: started once, stopped once (stopping twice or before the start is harmless). */
export type Service = {
  readonly name: string;
  /**
   * For services with a public door: opens it before Redis has answered. What arrives is answered `system.unavailable`
   * until `start` has resolved.
   */
  listen?(): Promise<void>;
  /** Resolves when it serves. Called once Redis has answered and is safe. */
  start(): Promise<void>;
  /** Resolves when everything it started has ended, at most `graceMs` milliseconds later. */
  stop(graceMs: number): Promise<void>;
  /** What it is busy with, counted by kind, for those who wait for its end. Absent: nothing worth waiting for. */
  working?(): Work;
};

/** How much is running: whole turns of this process's steps, tool calls. */
export type Work = { readonly turns?: number; readonly calls?: number };

/**
 * Several services as one: started in the order given, stopped in that order too (so that doors close before what is
 * behind them), each with its share of what is left of the grace period. One that fails to stop does not keep the others
 * from it.
 */
export function composeServices(name: string, services: readonly Service[]): Service {
  return {
    name,
    listen: async () => {
      for (const service of services) await service.listen?.();
    },
    start: async () => {
      for (const service of services) await service.start();
    },
    working: () => {
      const all = services.map((service) => service.working?.() ?? {});
      const sum = (kind: keyof Work): number => all.reduce((total, work) => total + (work[kind] ?? 0), 0);
      return { turns: sum('turns'), calls: sum('calls') };
    },
    stop: async (graceMs) => {
      const end = performance.now() + graceMs;
      const failures: unknown[] = [];
      for (const [at, service] of services.entries()) {
        const share = (end - performance.now()) / (services.length - at);
        await service.stop(Math.max(0, share)).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, `${name}: not everything stopped cleanly`);
    },
  };
}
