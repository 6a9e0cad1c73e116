import type { Announce } from './announce.js';
import type { Ready, ServiceProcess } from './service-process.js';
import { tell } from '../phrases/index.js';

const patienceMs = 10_000;

/**
 * Waits until all of them serve, saying now and then that it still waits.
 * @returns their checks, in order; undefined when `stop` came first
 */
export async function untilReady(
  services: readonly ServiceProcess[],
  announce: Announce,
  stop: AbortSignal,
): Promise<Ready['checks'][] | undefined> {
  const waiting = new Set(services.map(({ name }) => name));
  for (const { name, ready } of services) void ready.then(() => waiting.delete(name)).catch(() => undefined);
  const reminder = setInterval(
    () => announce({ event: 'progress', text: tell('up.waiting', { names: [...waiting].join(' and ') }) }),
    patienceMs,
  );
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.aborted) resolve(undefined);
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    const reports = await Promise.race([Promise.all(services.map(({ ready }) => ready)), stopped]);
    return reports?.map(({ checks }) => checks);
  } finally {
    clearInterval(reminder);
  }
}
