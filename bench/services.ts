import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '@queueclaw/testing';
import { type Child, startChild } from './child.ts';

/** A fleet of built services on a Redis of its own. */
export type Fleet = {
  readonly redisUrl: string;
  readonly port: number;
  readonly namespace: string;
  start(
    service: 'ingress' | 'agent' | 'tool-runner' | 'console' | 'all-in-one',
    env?: Readonly<Record<string, string>>,
  ): Promise<Child>;
  stop(): Promise<void>;
};

const script = (thinkMs: number): string => `rules:
  - when: tool
    steps:
      - calls: [{ name: current_time, args: {} }]
      - text: It is done.
  - steps:
      - { delay: ${thinkMs}, text: 'Hello there, this is the answer.' }
`;

export type FleetOptions = {
  readonly limits?: Readonly<Record<string, number>>;
  /** A model as the configuration names it; absent: a scripted one that answers at once. */
  readonly model?: Readonly<Record<string, unknown>>;
  /** Milliseconds before the scripted model answers. */
  readonly thinkMs?: number;
};

/** As docker-compose.yaml starts the agent. */
const agentFlags = ['--max-semi-space-size=8'];

const homes = new Set<string>();
process.once('exit', () => {
  // Who was killed a moment ago may still be writing.
  for (const home of homes) rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
});

/** Redis as production runs it, but for the fsync policy, which is the same for the baselines. */
export async function openFleet({ limits = {}, model, thinkMs = 0 }: FleetOptions = {}): Promise<Fleet> {
  const redis = await startRedis();
  const home = await mkdtemp(join(tmpdir(), 'queueclaw-bench-'));
  homes.add(home);
  const config = join(home, 'queueclaw.yaml');
  await writeFile(join(home, 'script.yaml'), script(thinkMs));
  const lifted = { mailbox: 100_000, requests_per_minute: 10_000_000, ...limits };
  await writeFile(
    config,
    JSON.stringify({
      llm: { default: 'it', models: { it: model ?? { provider: 'scripted', script: join(home, 'script.yaml') } } },
      server: { sockets_per_token: 10_000 },
      limits: lifted,
    }),
  );
  // The default: names of keys are part of what they cost.
  const namespace = 'qc';
  const port = await freePort();
  const started: Child[] = [];
  return {
    redisUrl: redis.url,
    port,
    namespace,
    start: async (service, env = {}) => {
      const main = fileURLToPath(new URL(`../services/${service}/dist/main.js`, import.meta.url));
      const settings = {
        REDIS_URL: redis.url,
        QUEUECLAW_HOME: home,
        QUEUECLAW_CONFIG: config,
        QUEUECLAW_NAMESPACE: namespace,
        QUEUECLAW_HEALTH_PORT: '0',
        QUEUECLAW_LOG_LEVEL: 'warn',
        PORT: String(port),
        CONSOLE_PORT: '0',
        ...(service === 'tool-runner' ? {} : { QUEUECLAW_MAIL_KEY: 'a key for benchmarks, long enough to be taken' }),
        ...env,
      };
      const { child } = await startReady(main, settings, service === 'agent' ? agentFlags : []);
      started.push(child);
      return child;
    },
    stop: async () => {
      await Promise.all(started.map((child) => child.stop()));
      await redis.stop();
      await rm(home, { recursive: true, force: true });
      homes.delete(home);
    },
  };
}

async function startReady(
  main: string,
  env: Readonly<Record<string, string>>,
  flags: readonly string[],
): Promise<{ child: Child }> {
  const { child, first } = await startChild<{ type: string; message?: string }>(main, [], env, flags);
  if (first.type === 'failed') throw new Error(first.message);
  // The first report names the health port; the service serves when the second says so.
  const ready = await child.ask<{ type: string; message?: string }>({ type: 'bench' });
  if (ready.type === 'failed') throw new Error(ready.message);
  return { child };
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
