import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { autoscale } from './measures/autoscale.ts';
import { concurrent } from './measures/concurrent.ts';
import { delivery } from './measures/delivery.ts';
import { footprint } from './measures/footprint.ts';
import { idle } from './measures/idle.ts';
import { history } from './measures/history.ts';
import { ingress } from './measures/ingress.ts';
import { scale } from './measures/scale.ts';
import { stream } from './measures/stream.ts';
import { turns } from './measures/turns.ts';

const measures: Readonly<Record<string, () => Promise<Record<string, number>>>> = {
  ingress,
  turns,
  concurrent,
  scale,
  autoscale,
  stream,
  delivery,
  idle,
  history,
  footprint,
};

/** What each figure must reach. */
const targets: Readonly<Record<string, string>> = {
  ingress_ratio: '>= 0.50 (goal 0.75)',
  turns_ratio: '>= 0.5',
  redis_client_commands_per_turn: '<= 8',
  redis_client_commands_per_turn_one_tool: '<= 18',
  overhead_p50_ms: '<= 8',
  overhead_p99_ms: '<= 25',
  concurrent_ratio: '>= 0.4',
  concurrent_agent_mb: '<= 350',
  scale_2: '>= 0.9',
  scale_4: '>= 0.9',
  autoscale_lost: '0',
  autoscale_answered_twice: '0',
  autoscale_turns: '1',
  stream_p99_ms: '<= 100',
  stream_lost: '0',
  idle_conversation_bytes: '<= 2048',
  history_ratio: '<= 1.5',
  history_bytes_ratio: '<= 1.1',
  start_ms: '<= 1000',
  rss_mb: '<= 380',
  rss_growth_percent: '< 10',
};

// What was started ends with this process, and what it wrote goes (child.ts, services.ts).
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const file = new URL('./results/latest.json', import.meta.url);
const wanted = process.argv.slice(2);
for (const name of wanted)
  if (!(name in measures)) {
    process.stderr.write(`There is no measure "${name}". There are: ${Object.keys(measures).join(', ')}.\n`);
    process.exit(2);
  }

const results: Record<string, number> = wanted.length > 0 ? previous() : {};
for (const [name, measure] of Object.entries(measures)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`Measuring ${name} ...\n`);
  for (const [figure, value] of Object.entries(await measure())) {
    results[figure] = Number(value.toPrecision(4));
    process.stdout.write(`${figure.padEnd(42)} ${String(results[figure]).padStart(10)}   ${targets[figure] ?? ''}\n`);
  }
}
mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
writeFileSync(file, `${JSON.stringify({ machine: machine(), commit: commit(), results }, null, 2)}\n`);
process.exit(0);

function previous(): Record<string, number> {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { results: Record<string, number> }).results;
  } catch {
    return {};
  }
}

function machine(): string {
  const cores = cpus();
  return `${cores.length} x ${cores[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}
