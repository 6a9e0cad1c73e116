import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FakeSlack,
  type FakeTelegram,
  freePort,
  startFakeSlack,
  startFakeTelegram,
  uniqueNamespace,
} from '@queueclaw/testing';
import { type ServiceName, type ServiceProcess, startService } from '../e2e/service-process.js';
import { openSwitchboard, type Switchboard } from '../e2e/switchboard.js';
import { type ModelServer, startModelServer } from './model-server.js';
import { type RedisProcess, startRedisProcess } from './redis-process.js';

/** A place in the fleet and the process that has it now. */
export type Seat = {
  readonly name: ServiceName;
  readonly env: Readonly<Record<string, string>>;
  process: ServiceProcess;
};

/** The real system: processes of every kind, their Redis, and what they talk to. */
export type Fleet = {
  readonly seats: readonly Seat[];
  readonly redis: RedisProcess;
  readonly model: ModelServer;
  readonly telegram: FakeTelegram;
  readonly slack: FakeSlack;
  /** Ports of the ingresses. */
  readonly ports: readonly number[];
  /** Where its machine keeps files. */
  readonly home: string;
  readonly namespace: string;
  /** Secrets that must be nowhere but in the configuration. */
  readonly canaries: readonly string[];
  /** Starts a new process in a seat whose process has ended; `env` goes beside the seat's own. */
  fill(seat: Seat, env?: Readonly<Record<string, string>>): Promise<void>;
  /** What all processes have written, those that ended too. */
  output(): string;
  /** Ends everything; returns what was still running afterwards. */
  stop(): Promise<string[]>;
};

/** What a scenario needs besides the usual. */
export type FleetOptions = {
  /** Environment of the processes of a kind, by their number. */
  readonly env?: (name: ServiceName, at: number) => Readonly<Record<string, string>>;
  /** Sections of the configuration, besides the usual ones. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly redis?: () => Promise<RedisProcess>;
};

/** Environment that loads a file of `preload` into a process. */
export const preloaded = (name: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${new URL(`preload/${name}.ts`, import.meta.url).href}`,
});

const mailKey = 'canary-of-the-mail-key-0123456789abcdef';
const apiKey = 'canary-of-the-api-key-0123456789abcdef';

/** Processes whose command line names this folder. */
function processesIn(home: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(home) ? [`process ${pid}: ${line.slice(0, 120)}`] : [];
      } catch {
        return [];
      }
    });
}

/** Starts two of each kind. */
export async function startFleet({
  env: envOf = () => ({}),
  config: more = {},
  redis: startRedis = startRedisProcess,
}: FleetOptions = {}): Promise<Fleet> {
  const home = await mkdtemp(join(tmpdir(), 'queueclaw-chaos-'));
  const [redis, model, telegram, slack] = await Promise.all([
    startRedis(),
    startModelServer(),
    startFakeTelegram(),
    startFakeSlack(),
  ]);
  const config = join(home, 'queueclaw.yaml');
  const namespace = uniqueNamespace();
  const access = { direct: 'open', messages_per_minute: 600 };
  await writeFile(
    config,
    JSON.stringify({
      ...more,
      agents: { default: { queue_mode: 'followup' } },
      llm: {
        default: 'it',
        models: { it: { provider: 'openai', model: 'm', base_url: model.url, api_key: '${QUEUECLAW_CHAOS_KEY}' } },
        timeouts: { connect: '2s', first_event: '2s', idle: '2s', total: '20s' },
      },
      channels: [
        { name: 'telegram', access, config: { token: telegram.token, api_root: telegram.url } },
        {
          ...{ name: 'slack', access },
          config: { bot_token: slack.token, signing_secret: slack.secret, api_root: slack.url },
        },
      ],
    }),
  );
  const shared = {
    ...{ REDIS_URL: redis.url, QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config, QUEUECLAW_NAMESPACE: namespace },
    ...{ QUEUECLAW_LOG_LEVEL: 'info', QUEUECLAW_CHAOS_KEY: apiKey },
  };
  const trusted = { ...shared, QUEUECLAW_MAIL_KEY: mailKey };
  const ports = [await freePort(), await freePort()];
  const board: Switchboard = await openSwitchboard(ports[0] ?? 0);
  slack.callAt(`${board.url}/channels/slack/main`);
  let outputs = '';
  const seat = async (name: ServiceName, at: number, base: Record<string, string>): Promise<Seat> => {
    const env = { ...base, ...envOf(name, at) };
    return { name, env, process: await startService(name, env) };
  };
  const seats = await Promise.all([
    ...ports.map((port, at) => seat('ingress', at, { ...trusted, PORT: String(port) })),
    ...[0, 1].map((at) => seat('agent', at, trusted)),
    ...[0, 1].map((at) => seat('tool-runner', at, shared)),
  ]);
  return {
    ...{ seats, redis, model, telegram, slack, ports, home, namespace },
    canaries: [mailKey, apiKey, telegram.token, slack.secret, slack.token],
    fill: async (one, env = {}) => {
      outputs += one.process.output();
      one.process = await startService(one.name, { ...one.env, ...env });
      const alive = seats.findIndex(({ name, process: { alive } }) => name === 'ingress' && alive());
      board.pointTo(ports[alive] ?? ports[0] ?? 0);
    },
    output: () => outputs + seats.map(({ process: { output } }) => output()).join(''),
    stop: async () => {
      await Promise.all(seats.map(({ process: one }) => one.stop()));
      const orphans = processesIn(home);
      await Promise.all([telegram, slack, model, board].map((one) => one.close()));
      await redis.stop();
      await rm(home, { recursive: true, force: true });
      return orphans;
    },
  };
}
