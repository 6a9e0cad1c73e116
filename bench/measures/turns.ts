import { startRedis } from '@queueclaw/testing';
import { startChild } from '../child.ts';
import { countCommands } from '../commands.ts';
import { openFleet } from '../services.ts';
import { median, quantile } from '../statistics.ts';

type Replies = { replies: number; ms: number; latencies: number[] };
const conversations = 1_000;
const rounds = 3;
const roundMs = 5_000;

/** Turns per second in a closed loop against a bare BullMQ chain, commands per turn, and the latency of one message. */
export async function turns(): Promise<Record<string, number>> {
  const fleet = await openFleet();
  try {
    await Promise.all([fleet.start('ingress'), fleet.start('agent'), fleet.start('tool-runner')]);
    const load = await startChild('load/closed-loop.ts', []);
    const loop = (text: string, ms: number): Promise<Replies> =>
      load.child.ask({ port: fleet.port, conversations, sockets: 20, ms, text, name: text });
    const rate = ({ replies, ms }: Replies): number => (replies * 1_000) / ms;
    await loop('hello', 2_000);
    const ours: number[] = [];
    const ratios: number[] = [];
    const tool: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const base = await chain();
      const mine = rate(await loop('hello', roundMs));
      ours.push(mine);
      ratios.push(mine / base);
      tool.push(rate(await loop('tool', roundMs)));
    }
    const perTurn = async (text: string): Promise<number> => {
      let replies = 0;
      const commands = await countCommands(fleet.redisUrl, async () => {
        ({ replies } = await loop(text, 3_000));
      });
      return [...commands.values()].reduce((sum, count) => sum + count, 0) / replies;
    };
    const commands = await perTurn('hello');
    const commandsOneTool = await perTurn('tool');
    const one = await load.child.ask<Replies>({
      ...{ port: fleet.port, conversations: 1, sockets: 1, ms: 0, text: 'hello', name: 'one', most: 600 },
    });
    const latencies = one.latencies.slice(100);
    await load.child.stop();
    return {
      turns_ratio: median(ratios),
      turns_per_second: median(ours),
      turns_per_second_one_tool: median(tool),
      redis_client_commands_per_turn: commands,
      redis_client_commands_per_turn_one_tool: commandsOneTool,
      overhead_p50_ms: median(latencies),
      overhead_p99_ms: quantile(latencies, 0.99),
    };
  } finally {
    await fleet.stop();
  }
}

/** The bare chain's round trips per second, on a Redis of its own with the same settings. */
async function chain(): Promise<number> {
  const redis = await startRedis();
  try {
    const middle = await startChild('baseline/chain.ts', ['middle', redis.url]);
    const ends = await startChild<{ replies: number; ms: number }>('baseline/chain.ts', [
      ...['ends', redis.url, String(conversations), String(roundMs)],
    ]);
    await Promise.all([middle.child.stop(), ends.child.stop()]);
    return (ends.first.replies * 1_000) / ends.first.ms;
  } finally {
    await redis.stop();
  }
}
