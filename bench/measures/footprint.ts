import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../child.ts';
import { memoryMb, readOrEmpty } from '../memory.ts';
import { freePort, openFleet } from '../services.ts';
import { median } from '../statistics.ts';

/** Time from spawn to the first healthy answer, and the memory of what `up` starts, before and after 10,000 messages. */
export async function footprint(): Promise<Record<string, number>> {
  return { ...(await startTime()), ...(await memory()) };
}

async function startTime(): Promise<Record<string, number>> {
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
    // The first start fills the compile cache.
    return { start_ms: median(starts.slice(1)) };
  } finally {
    await fleet.stop();
  }
}

async function memory(): Promise<Record<string, number>> {
  const home = mkdtempSync(join(tmpdir(), 'queueclaw-bench-'));
  const port = await freePort();
  const config = join(home, 'queueclaw.yaml');
  const model = { llm: { default: 'instant', models: { instant: { provider: 'scripted' } } } };
  writeFileSync(config, JSON.stringify({ ...model, limits: { requests_per_minute: 10_000_000 } }));
  const up = startUp(home, config, port);
  try {
    await healthy(port);
    const load = await startChild('load/closed-loop.ts', []);
    const drive = (most: number): Promise<unknown> =>
      load.child.ask({ port, conversations: 50, sockets: 5, ms: 0, text: 'hello', name: 'rss', most });
    await drive(3_000);
    const before = tree(up);
    await drive(10_000);
    const after = tree(up);
    await stopLoad(load.child);
    const sum = (parts: ReadonlyMap<string, number>): number => [...parts.values()].reduce((a, b) => a + b, 0);
    return {
      ...Object.fromEntries([...after].map(([name, mb]) => [`rss_${name.replaceAll('-', '_')}_mb`, mb])),
      rss_mb: sum(after),
      rss_growth_percent: ((sum(after) - sum(before)) / sum(before)) * 100,
    };
  } finally {
    const ended = new Promise((resolve) => up.once('exit', resolve));
    up.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
}

const stopLoad = (child: Child): Promise<void> => child.stop();

function startUp(home: string, config: string, port: number): ChildProcess {
  const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
  return spawn(process.execPath, [main, 'up'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      QUEUECLAW_HOME: home,
      QUEUECLAW_CONFIG: config,
      QUEUECLAW_HEALTH_PORT: '0',
      PORT: String(port),
      CONSOLE_PORT: '0',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Resident memory in MB of `up` and of every process below it, by name. */
function tree(up: ChildProcess): ReadonlyMap<string, number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^PPid:\s+(\d+)/m.exec(readOrEmpty(`/proc/${name}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const below = (pid: number): boolean => pid === up.pid || (parents.has(pid) && below(parents.get(pid) ?? 0));
  const sizes = new Map<string, number>();
  for (const pid of parents.keys()) {
    if (!below(pid)) continue;
    const command = readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
    const name =
      pid === up.pid
        ? 'up'
        : (/services\/([a-z-]+)\/dist|(redis-server)/.exec(command)?.slice(1).find(Boolean) ?? 'other');
    sizes.set(name, (sizes.get(name) ?? 0) + memoryMb(pid, 'VmRSS'));
  }
  return sizes;
}

async function healthy(port: number): Promise<void> {
  const until = performance.now() + 30_000;
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
