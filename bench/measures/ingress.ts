import { allAnswered } from '../answered.ts';
import { startChild } from '../child.ts';
import { openFleet } from '../services.ts';
import { median } from '../statistics.ts';

type Accepts = { accepted: number; refused: number; ms: number };
const connections = 400;
const rounds = 3;
const roundMs = 4_000;

/**
 * Durable accepts per second against a bare Fastify JSON POST, interleaved in the same run, with agents paused; then an
 * agent starts, and every accepted message must be answered.
 */
export async function ingress(): Promise<Record<string, number>> {
  const fleet = await openFleet();
  try {
    await fleet.start('ingress');
    const bare = await startChild<{ port: number }>('baseline/fastify-post.ts', []);
    const load = await startChild('load/accepts.ts', []);
    const measure = async (port: number, fresh: boolean, ms = roundMs): Promise<Accepts & { rate: number }> => {
      const figures = await load.child.ask<Accepts>({ port, path: '/api/message', connections, ms, fresh });
      return { ...figures, rate: (figures.accepted * 1_000) / figures.ms };
    };
    await measure(bare.first.port, false, 1_000);
    let accepted = (await measure(fleet.port, false, 1_000)).accepted;
    const ratios: number[] = [];
    const cold: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const base = await measure(bare.first.port, false);
      const ours = await measure(fleet.port, false);
      const fresh = await measure(fleet.port, true);
      if (ours.refused + fresh.refused > 0) throw new Error(`${ours.refused + fresh.refused} requests were refused`);
      accepted += ours.accepted + fresh.accepted;
      ratios.push(ours.rate / base.rate);
      cold.push(fresh.rate / base.rate);
      rates.push(ours.rate);
    }
    await Promise.all([bare.child.stop(), load.child.stop()]);
    await fleet.start('agent');
    const answered = await allAnswered(fleet.redisUrl, fleet.namespace, accepted);
    return {
      ingress_ratio: median(ratios),
      ingress_ratio_cold: median(cold),
      ingress_accepts_per_second: median(rates),
      ingress_accepted: accepted,
      ingress_answered: answered,
    };
  } finally {
    await fleet.stop();
  }
}
