import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageStatus, TranscriptEntry } from '@queueclaw/contracts';
import { eventually, startRedis, type TestRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, type ServiceName, type ServiceProcess, startService } from '../e2e/service-process.js';

const conversations = 20;
const messagesEach = 12;
const kills = 14;
/** The same seed kills the same kinds of processes in the same order. */
const seed = Number(process.env['QUEUECLAW_CHAOS_SEED'] ?? 7);

let redis: TestRedis;
let home: string;
let shared: Record<string, string>;
let ports: number[];
type Seat = { readonly name: ServiceName; readonly env: Record<string, string>; process: ServiceProcess };
const seats: Seat[] = [];

const take = async (name: ServiceName, env: Record<string, string> = {}): Promise<void> => {
  const key = name === 'tool-runner' ? {} : { QUEUECLAW_MAIL_KEY: 'the mail key of the storm, long enough' };
  const whole = { ...shared, ...key, ...env };
  seats.push({ name, env: whole, process: await startService(name, whole) });
};

/** A small linear congruential generator: the schedule must be the same for the same seed. */
const random = (
  (state: number) => (): number =>
    (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32
)(seed);

beforeAll(async () => {
  redis = await startRedis();
  home = await mkdtemp(join(tmpdir(), 'queueclaw-storm-'));
  const config = join(home, 'queueclaw.yaml');
  await writeFile(config, 'llm: { default: demo, models: { demo: { provider: demo } } }\n');
  shared = {
    ...{ REDIS_URL: redis.url, QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config },
    ...{ QUEUECLAW_NAMESPACE: uniqueNamespace(), QUEUECLAW_LOG_LEVEL: 'warn' },
  };
  ports = [await freePort(), await freePort()];
  await Promise.all([
    ...ports.map((port) => take('ingress', { PORT: String(port) })),
    ...(['agent', 'agent', 'tool-runner', 'tool-runner'] as const).map((name) => take(name)),
  ]);
}, 60_000);

afterAll(async () => {
  await Promise.all(seats.map(({ process: one }) => one.stop()));
  await redis.stop();
  await rm(home, { recursive: true, force: true });
});

/** Asks whichever ingress answers. */
const ask = async (path: string, init?: RequestInit): Promise<Response> => {
  let last: unknown;
  for (let tries = 0; tries < 200; tries += 1) {
    const port = ports[tries % ports.length];
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(5_000) });
      if (answer.status < 500) return answer;
      last = await answer.text();
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw last;
};

const textOf = (at: number): string =>
  at % 4 === 1 ? 'run: sleep 0.1; echo done' : at % 4 === 2 ? 'slow 1' : `message ${at}`;

const post = async (conversation: string, at: number): Promise<void> => {
  await eventually(
    async () => {
      const body = JSON.stringify({ conversation, id: `${conversation}-${at}`, text: textOf(at) });
      const answer = await ask('/api/message', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(answer.status).toBeLessThan(300);
    },
    { timeoutMs: 60_000 },
  );
};

const statusOf = async (conversation: string, at: number): Promise<MessageStatus> => {
  const answer = await ask(`/api/messages/${conversation}-${at}?conversation=${conversation}`);
  return (await answer.json()) as MessageStatus;
};

it(`loses, repeats and reorders nothing while processes of every kind are killed (seed ${seed})`, async () => {
  const names = Array.from({ length: conversations }, (_, at) => `storm-${at}`);
  const sending = Promise.all(
    names.map(async (conversation) => {
      for (let at = 0; at < messagesEach; at += 1) {
        await post(conversation, at);
        if (at % 3 === 2)
          await eventually(async () => expect((await statusOf(conversation, at)).status).not.toBe('accepted'), {
            timeoutMs: 120_000,
          });
      }
    }),
  );
  for (let kill = 0; kill < kills; kill += 1) {
    const seat = seats[Math.floor(random() * seats.length)];
    if (!seat) continue;
    await seat.process.kill();
    seat.process = await startService(seat.name, seat.env);
  }
  await sending;
  for (const conversation of names)
    for (let at = 0; at < messagesEach; at += 1)
      await eventually(async () => expect((await statusOf(conversation, at)).status).not.toBe('accepted'), {
        timeoutMs: 60_000,
      });

  for (const conversation of names) {
    const answer = await ask(`/api/conversations/${conversation}?limit=500`);
    const { entries } = (await answer.json()) as { entries: TranscriptEntry[] };
    const asked = entries.flatMap((entry) => (entry.role === 'user' ? [entry.id] : []));
    expect(asked).toEqual(Array.from({ length: messagesEach }, (_, at) => `${conversation}-${at}`));
    const statuses = await Promise.all(asked.map((_, at) => statusOf(conversation, at)));
    expect(statuses.map(({ status }) => status)).toEqual(asked.map(() => 'answered'));
    const turns = statuses.map(({ turn }) => turn ?? 0);
    expect(turns).toEqual(turns.toSorted((a, b) => a - b));
  }
}, 280_000);
