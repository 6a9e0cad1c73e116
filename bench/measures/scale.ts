import { startChild } from '../child.ts';
import { openFleet } from '../services.ts';

type Replies = { replies: number; ms: number };
const concurrency = 25;
const thinkMs = 200;
const conversations = 400;
const roundMs = 6_000;

/**
 * Turns per second of one, two and four agents that each work on few conversations at once, with a model that thinks for
 * 200 ms: places are what is scarce, not the CPU. What more agents bring, as a share of what they should.
 */
export async function scale(): Promise<Record<string, number>> {
  const fleet = await openFleet({ limits: { concurrency }, thinkMs });
  try {
    await fleet.start('ingress');
    const load = await startChild('load/closed-loop.ts', []);
    const order = { port: fleet.port, conversations, sockets: 20, text: 'hello' };
    const rates = new Map<number, number>();
    let started = 0;
    for (const agents of [1, 2, 4]) {
      for (; started < agents; started += 1) await fleet.start('agent');
      await load.child.ask({ ...order, ms: 1_000, name: `warm-${agents}` });
      const { replies, ms } = await load.child.ask<Replies>({ ...order, ms: roundMs, name: `scale-${agents}` });
      rates.set(agents, (replies * 1_000) / ms);
    }
    await load.child.stop();
    const rate = (agents: number): number => rates.get(agents) ?? Number.NaN;
    return {
      scale_1_per_second: rate(1),
      scale_2: rate(2) / rate(1) / 2,
      scale_4: rate(4) / rate(1) / 4,
    };
  } finally {
    await fleet.stop();
  }
}
