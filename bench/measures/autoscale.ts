import { readFileSync } from 'node:fs';
import { allAnswered } from '../answered.ts';
import { createAutoscaler } from '../autoscale/autoscaler.ts';
import { hastened, rulesOf } from '../autoscale/rules.ts';
import { createScraper } from '../autoscale/scrape.ts';
import { type Child, startChild } from '../child.ts';
import { freePort, openFleet } from '../services.ts';

const manifests = new URL('../../deploy/kubernetes/production.yaml', import.meta.url);
/** So many times as fast as in a cluster; the wait that is aimed at is not hastened. */
const times = 12;
const thinkMs = 500;
/** Of an agent; `perReplica` is 70 % of them, as the documentation advises. */
const concurrency = 20;
const perReplica = 14;
const [lowPerSecond, highPerSecond] = [12, 96];
const [lowMs, highMs] = [10_000, 45_000];

type Seen = { readonly at: number; readonly replicas: number; readonly oldestSeconds: number };

/**
 * Agents as real processes, as many as the chart's rules say from what /metrics tell, while eight times as many messages come
 * for a while as before and after. A model that thinks for half a second is what holds the places.
 */
export async function autoscale(): Promise<Record<string, number>> {
  const chart = hastened(rulesOf(readFileSync(manifests, 'utf8'), 'queueclaw-agent'), times);
  const rules = { ...chart, perReplica, min: 1, max: 8 };
  const fleet = await openFleet({ limits: { concurrency }, thinkMs });
  const agents: { child: Child; port: number }[] = [];
  const leaving: Promise<void>[] = [];
  const scaleTo = async (replicas: number): Promise<void> => {
    while (agents.length > replicas) leaving.push(agents.pop()?.child.stop() ?? Promise.resolve());
    const missing = Array.from({ length: replicas - agents.length }, async () => {
      const port = await freePort();
      return { port, child: await fleet.start('agent', { QUEUECLAW_HEALTH_PORT: String(port) }) };
    });
    agents.push(...(await Promise.all(missing)));
  };
  try {
    const consolePort = await freePort();
    await fleet.start('ingress');
    await fleet.start('console', { QUEUECLAW_HEALTH_PORT: String(consolePort) });
    await scaleTo(rules.min);
    const load = await startChild('load/arrivals.ts', []);
    const scrape = createScraper(consolePort, 300 / times);
    const scale = createAutoscaler(rules);
    const seen: Seen[] = [];
    let isOver = false;
    const control = async (): Promise<void> => {
      while (!isOver) {
        const now = performance.now() / 1_000;
        const reading = await scrape(
          agents.map(({ port }) => port),
          now,
        );
        const replicas = scale(reading, agents.length, now);
        seen.push({ at: now, replicas, oldestSeconds: reading.oldestSeconds });
        process.stderr.write(
          `  ${now.toFixed(0)} s: ${reading.inProgress} in progress, ${reading.backlog} wait, the oldest for ` +
            `${reading.oldestSeconds.toFixed(1)} s, a step takes ${(reading.stepSeconds ?? 0).toFixed(2)} s: ${replicas} agents\n`,
        );
        await scaleTo(replicas);
        await new Promise((resolve) => setTimeout(resolve, rules.pollingSeconds * 1_000));
      }
    };
    const controlled = control();
    const said: string[] = [];
    const come = async (name: string, perSecond: number, ms: number): Promise<void> => {
      said.push(...(await load.child.ask<{ said: string[] }>({ port: fleet.port, perSecond, ms, name })).said);
    };
    await come('before', lowPerSecond, lowMs);
    const highAt = performance.now() / 1_000;
    await come('high', highPerSecond, highMs);
    const lowAt = performance.now() / 1_000;
    const quietMs = (rules.down.stabilizationWindowSeconds + 8 * (rules.down.policies[0]?.periodSeconds ?? 0)) * 1_000;
    await come('after', lowPerSecond, quietMs);
    isOver = true;
    await controlled;
    await Promise.all(leaving);
    await allAnswered(fleet.redisUrl, fleet.namespace, said.length);
    const { answered, twice } = await load.child.ask<{ answered: number; twice: number }>({
      port: fleet.port,
      check: said,
    });
    await load.child.stop();
    const high = seen.filter(({ at }) => at >= highAt && at < lowAt);
    const most = Math.max(...seen.map(({ replicas }) => replicas));
    const settled = high.slice(high.findIndex(({ replicas }) => replicas === most));
    const late = settled.slice(Math.floor(settled.length / 2));
    return {
      autoscale_messages: said.length,
      autoscale_lost: said.length - answered,
      autoscale_answered_twice: twice,
      autoscale_agents_most: most,
      autoscale_agents_last: seen.at(-1)?.replicas ?? Number.NaN,
      autoscale_turns: turnsOf(seen),
      autoscale_oldest_most_s: Math.max(...seen.map(({ oldestSeconds }) => oldestSeconds)),
      autoscale_oldest_settled_s: Math.max(...late.map(({ oldestSeconds }) => oldestSeconds)),
    };
  } finally {
    await fleet.stop();
  }
}

/** How often the number of agents went the other way than before: once is up and down again. */
function turnsOf(seen: readonly Seen[]): number {
  const steps = seen.slice(1).map(({ replicas }, at) => Math.sign(replicas - (seen[at]?.replicas ?? replicas)));
  const moves = steps.filter((move) => move !== 0);
  return moves.filter((move, at) => at > 0 && move !== moves[at - 1]).length;
}
