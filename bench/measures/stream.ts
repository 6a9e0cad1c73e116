import { startChild } from '../child.ts';
import { memoryMb } from '../memory.ts';
import { openFleet } from '../services.ts';

type Received = { received: number; lost: number; disordered: number; p50: number; p99: number };
const sockets = 1_000;
const conversations = 100;
const roundMs = 10_000;

/**
 * A thousand sockets on one ingress, ten for each of a hundred conversations that stream: the time from a delta's append to
 * its receipt, at 50 deltas a second in all, and with every conversation at 10 a second.
 */
export async function stream(): Promise<Record<string, number>> {
  const fleet = await openFleet();
  try {
    const ingress = await fleet.start('ingress');
    const followers = await startChild('load/followers.ts', [String(fleet.port)]);
    const deltas = await startChild('load/deltas.ts', [fleet.redisUrl, fleet.namespace]);
    await followers.child.ask({ sockets, conversations });
    const round = async (perSecond: number, ms: number): Promise<Received> => {
      const { each } = await deltas.child.ask<{ each: number[] }>({ conversations, perSecond, ms });
      return followers.child.ask<Received>({ each });
    };
    await round(50, 2_000);
    const calm = await round(50, roundMs);
    const busy = await round(10 * conversations, roundMs);
    const disordered = calm.disordered + busy.disordered;
    if (disordered > 0) throw new Error(`${disordered} deltas came out of order`);
    await Promise.all([followers.child.stop(), deltas.child.stop()]);
    return {
      stream_p50_ms: calm.p50,
      stream_p99_ms: calm.p99,
      stream_busy_p50_ms: busy.p50,
      stream_busy_p99_ms: busy.p99,
      stream_received: calm.received + busy.received,
      stream_lost: calm.lost + busy.lost,
      stream_ingress_mb: memoryMb(ingress.pid, 'VmHWM'),
    };
  } finally {
    await fleet.stop();
  }
}
