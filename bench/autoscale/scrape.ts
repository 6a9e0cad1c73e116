import type { Reading } from './autoscaler.ts';

/** Sums what lines of a Prometheus page say of `name`, those with this label only; undefined: there is none. */
function sum(page: string, name: string, label: string): number | undefined {
  const values = page
    .split('\n')
    .flatMap((line) => (line.startsWith(`${name}{`) && line.includes(label) ? [Number(line.split(' ').at(-1))] : []));
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}

const pageOf = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) })).text();

type Sample = { readonly at: number; readonly seconds: number; readonly jobs: number };

/**
 * Reads what a Prometheus would: what waits from the console, how long a step takes from the agents, over a window.
 * @param windowSeconds of the rates
 */
export function createScraper(
  consolePort: number,
  windowSeconds: number,
): (agentPorts: readonly number[], now: number) => Promise<Reading> {
  const samples = new Map<number, Sample[]>();
  const label = 'queue="messages"';
  return async (agentPorts, now) => {
    const console = await pageOf(consolePort);
    const waits = (name: string): number => {
      const value = sum(console, name, label);
      if (value === undefined) throw new Error(`the console does not tell ${name}`);
      return value;
    };
    for (const port of agentPorts) {
      const page = await pageOf(port).catch(() => '');
      const jobs = sum(page, 'queueclaw_job_run_seconds_count', label);
      const seconds = sum(page, 'queueclaw_job_run_seconds_sum', label);
      if (jobs === undefined || seconds === undefined) continue;
      samples.set(port, [...(samples.get(port) ?? []), { at: now, seconds, jobs }]);
    }
    const lately = [...samples.values()].map((all) => all.filter(({ at }) => at >= now - windowSeconds));
    const grown = (of: 'seconds' | 'jobs'): number =>
      lately.reduce((total, own) => total + (own.at(-1)?.[of] ?? 0) - (own[0]?.[of] ?? 0), 0);
    return {
      inProgress: waits('queueclaw_in_progress'),
      backlog: waits('queueclaw_backlog'),
      oldestSeconds: waits('queueclaw_backlog_oldest_seconds'),
      stepSeconds: grown('jobs') > 0 ? grown('seconds') / grown('jobs') : undefined,
    };
  };
}
