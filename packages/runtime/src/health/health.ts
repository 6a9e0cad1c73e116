export type HealthCheck = { readonly ok: boolean; readonly detail?: string };

/** Where the parts of a service say how they are; shown at /readyz of the health port. */
export type Health = {
  /**
   * Adds a check, or replaces the one of this name. It is asked at most a few times a second and should answer within
   * two seconds; one that throws counts as not ok. With `informs` it is only shown: the service is ready without it.
   */
  report(name: string, check: () => Promise<HealthCheck>, how?: { readonly informs?: boolean }): void;
};

export type HealthStatus = { readonly ok: boolean; readonly checks: Readonly<Record<string, HealthCheck>> };

/** A `Health` that can be asked. */
export type HealthBoard = Health & { status(): Promise<HealthStatus> };

const checkTimeoutMs = 2_000;
const freshMs = 200;

const ask = async (check: () => Promise<HealthCheck>): Promise<HealthCheck> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthCheck>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${checkTimeoutMs} ms` }), checkTimeoutMs);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message.slice(0, 500) : 'failed' };
  } finally {
    clearTimeout(timer);
  }
};

/** An empty board: ok until a check says otherwise. Answers up to 200 ms old are given again. */
export function createHealthBoard(): HealthBoard {
  const checks = new Map<string, () => Promise<HealthCheck>>();
  const informing = new Set<string>();
  let last: { at: number; status: Promise<HealthStatus> } | undefined;
  const askAll = async (): Promise<HealthStatus> => {
    const entries = await Promise.all([...checks].map(async ([name, check]) => [name, await ask(check)] as const));
    return {
      ok: entries.every(([name, check]) => check.ok || informing.has(name)),
      checks: Object.fromEntries(entries),
    };
  };
  return {
    report: (name, check, { informs = false } = {}): void => {
      checks.set(name, check);
      if (informs) informing.add(name);
      else informing.delete(name);
      last = undefined;
    },
    status: (): Promise<HealthStatus> => {
      const now = performance.now();
      if (last === undefined || now - last.at > freshMs) last = { at: now, status: askAll() };
      return last.status;
    },
  };
}
