import { startChild } from '../child.ts';
import { countCommands } from '../commands.ts';
import { openFleet } from '../services.ts';
import { median } from '../statistics.ts';

type Figures = { ms: number; p50: number };
const rounds = 3;
const atOnce = 50;
const replies = 3_000;
const alone = 300;

/**
 * Replies to the fake of a platform, one each in many conversations: by the outboxes of one ingress, against a bare loop
 * that sends the same to the same fake with as many at once, interleaved; and one at a time, for what the outbox adds.
 */
export async function delivery(): Promise<Record<string, number>> {
  const fleet = await openFleet();
  try {
    const fake = await startChild<{ port: number }>('load/graph-server.ts', []);
    const args = [fleet.redisUrl, fleet.namespace, String(fake.first.port)];
    const { child } = await startChild('load/deliveries.ts', args);
    const measure = (by: 'loop' | 'outbox', count: number, places: number): Promise<Figures> =>
      child.ask({ by, replies: count, atOnce: places });
    for (const by of ['loop', 'outbox'] as const) await measure(by, replies, atOnce);
    await fake.child.ask('count');
    const ratios: number[] = [];
    const rates: number[] = [];
    const added: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const loop = await measure('loop', replies, atOnce);
      const ours = await measure('outbox', replies, atOnce);
      ratios.push(loop.ms / ours.ms);
      rates.push((replies * 1_000) / ours.ms);
      const one = await measure('loop', alone, 1);
      const behind = await measure('outbox', alone, 1);
      bare.push(one.p50);
      added.push(behind.p50 - one.p50);
    }
    const { sent } = await fake.child.ask<{ sent: number }>('count');
    const wanted = rounds * 2 * (replies + alone);
    if (sent !== wanted) throw new Error(`${sent} messages came, and not ${wanted}`);
    const counts = await countCommands(fleet.redisUrl, async () => void (await measure('outbox', replies, atOnce)));
    const commands = [...counts.values()].reduce((sum, count) => sum + count, 0);
    await Promise.all([child.stop(), fake.child.stop()]);
    return {
      delivery_ratio: median(ratios),
      delivery_per_second: median(rates),
      delivery_added_p50_ms: median(added),
      delivery_bare_p50_ms: median(bare),
      delivery_client_commands: commands / replies,
    };
  } finally {
    await fleet.stop();
  }
}
