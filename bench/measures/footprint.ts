import { readFileSync } from 'node:fs';
import { startChild, type Child } from '../child.ts';
import { openFleet } from '../services.ts';
import { median } from '../statistics.ts';

/** Time from spawn to the first healthy answer, and memory before and after 10,000 messages. */
export async function footprint(): Promise<Record<string, number>> {
  const fleet = await openFleet();
  try {
    const starts: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const startedAt = performance.now();
      const starting = fleet.start('all-in-one');
      await healthy(fleet.port);
      starts.push(performance.now() - startedAt);
      await (await starting).stop();
    }
    const all = await fleet.start('all-in-one');
    const runner = await fleet.start('tool-runner');
    const load = await startChild('load/closed-loop.ts', []);
    const drive = (most: number): Promise<unknown> =>
      load.child.ask({ port: fleet.port, conversations: 50, sockets: 5, ms: 0, text: 'hello', name: 'rss', most });
    await drive(3_000);
    const before = rss(all) + rss(runner);
    await drive(10_000);
    const after = rss(all) + rss(runner);
    await load.child.stop();
    return {
      // The first start fills the compile cache.
      start_ms: median(starts.slice(1)),
      rss_all_in_one_mb: rss(all),
      rss_tool_runner_mb: rss(runner),
      rss_mb: after,
      rss_growth_percent: ((after - before) / before) * 100,
    };
  } finally {
    await fleet.stop();
  }
}

const rss = (child: Child): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;

async function healthy(port: number): Promise<void> {
  const until = performance.now() + 20_000;
  while (performance.now() < until) {
    const ok = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('never healthy');
}
