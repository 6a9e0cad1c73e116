import { startChild } from '../child.ts';
import { memoryMb } from '../memory.ts';
import { openFleet } from '../services.ts';
import { median } from '../statistics.ts';

type Replies = { replies: number; ms: number };
type Bare = { ms: number; pieces: number };
const conversations = 1_000;
const rounds = 3;
const thinkMs = 1_000;

/**
 * A thousand conversations that write at once, answered by one agent through the OpenAI provider and its SDK, against the
 * SDK alone sending the same requests to the same server, which thinks for a second.
 */
export async function concurrent(): Promise<Record<string, number>> {
  const server = await startChild<{ port: number }>('load/model-server.ts', [String(thinkMs)]);
  const baseUrl = `http://127.0.0.1:${server.first.port}/v1`;
  const model = { provider: 'openai', base_url: baseUrl, api_key: 'none', model: 'fake' };
  const fleet = await openFleet({ model });
  try {
    const [, agent] = await Promise.all([fleet.start('ingress'), fleet.start('agent')]);
    const load = await startChild('load/closed-loop.ts', []);
    const ours = (name: string, most: number): Promise<Replies> =>
      load.child.ask({ port: fleet.port, conversations: most, sockets: 20, ms: 0, text: 'hello', name, most });
    await ours('warm', 50);
    const { body } = await server.child.ask<{ body: string }>({ type: 'body' });
    const loop = await startChild('baseline/sdk-loop.ts', [baseUrl]);
    const bare = (requests: number): Promise<Bare> => loop.child.ask({ body, requests });
    await bare(50);
    const seconds: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const base = await bare(conversations);
      const mine = await ours(`round-${round}`, conversations);
      if (mine.replies !== conversations) throw new Error(`${mine.replies} of ${conversations} were answered`);
      seconds.push(mine.ms / 1_000);
      ratios.push(base.ms / mine.ms);
    }
    await Promise.all([load.child.stop(), loop.child.stop()]);
    return {
      concurrent_ratio: median(ratios),
      concurrent_seconds: median(seconds),
      concurrent_agent_mb: memoryMb(agent.pid, 'VmHWM'),
    };
  } finally {
    await fleet.stop();
    await server.child.stop();
  }
}
