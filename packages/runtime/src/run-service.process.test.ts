import { nodeFromSource, eventually, startRedis, type TestRedis } from '@queueclaw/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let home = '';
let children: ChildProcess[] = [];
let servers: TestRedis[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'qc-service-'));
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await Promise.all(servers.map((server) => server.stop()));
  [children, servers] = [[], []];
  rmSync(home, { recursive: true, force: true });
});

const redis = async (options: Parameters<typeof startRedis>[0] = {}): Promise<TestRedis> => {
  const server = await startRedis(options);
  servers.push(server);
  return server;
};

type Running = { child: ChildProcess; output(): string; health(): Promise<number>; exit: Promise<unknown[]> };

/** A service that logs its life; `body` may add to it. */
const start = (
  redisUrl: string,
  { body = '', stop = '', name = 'agent', env = {} as Record<string, string> } = {},
): Running => {
  const runtime = new URL('index.ts', import.meta.url).href;
  const script = join(home, 'service.mjs');
  writeFileSync(
    script,
    `import { runService } from ${JSON.stringify(runtime)};
    runService(${JSON.stringify(name)}, (context) => ({
      name: ${JSON.stringify(name)},
      start: async () => { context.logger.info('the service starts'); ${body} },
      stop: async (graceMs) => { context.logger.info({ graceMs }, 'the service stops'); ${stop} },
    }));`,
  );
  const child = spawn(process.execPath, [...nodeFromSource, script], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      QUEUECLAW_HOME: home,
      QUEUECLAW_HEALTH_PORT: '0',
      REDIS_URL: redisUrl,
      ...env,
    },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const port = new Promise<number>((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'type' in message && message.type === 'health' && 'port' in message)
        resolve(Number(message.port));
    });
  });
  return { child, output: () => output, health: () => port, exit: once(child, 'exit') };
};

const get = async (running: Running, path: string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(`http://127.0.0.1:${await running.health()}${path}`);
  return { status: answer.status, text: await answer.text() };
};

test('serves health and metrics, and stops once and cleanly on SIGTERM', async () => {
  const service = start((await redis()).url);
  await eventually(async () => expect((await get(service, '/readyz')).status).toBe(200), { timeoutMs: 15_000 });
  expect((await get(service, '/healthz')).status).toBe(200);
  expect((await get(service, '/metrics')).text).toContain('nodejs_eventloop_lag_seconds');
  expect((await get(service, '/other')).status).toBe(404);
  service.child.kill('SIGTERM');
  expect(await service.exit).toEqual([0, null]);
  expect(service.output().match(/the service stops/g)).toHaveLength(1);
});

test('waits for a Redis that is away, stays up and says why, then serves', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'qc-away-'));
  const service = start(`unix://${join(folder, 'none.sock')}`);
  await eventually(
    async () => {
      const { status, text } = await get(service, '/readyz');
      expect(status).toBe(503);
      expect(text).toContain('ENOENT');
    },
    { timeoutMs: 15_000 },
  );
  expect((await get(service, '/healthz')).status).toBe(200);
  expect(service.output()).not.toContain('the service starts');
  expect(service.output().match(/does not answer; waiting for it\. .*REDIS_URL/g)).toHaveLength(1);
  const { url } = await redis();
  symlinkSync(new URL(url).pathname, join(folder, 'none.sock'));
  await eventually(async () => expect((await get(service, '/readyz')).status).toBe(200), { timeoutMs: 15_000 });
  rmSync(folder, { recursive: true });
});

test('refuses a Redis that evicts, and one that keeps nothing on disk', async () => {
  const evicting = start((await redis({ policy: 'allkeys-lru' })).url);
  expect(await evicting.exit).toEqual([1, null]);
  expect(evicting.output()).toMatch(/maxmemory-policy noeviction/);
  const forgetful = start((await redis({ appendonly: false })).url);
  expect(await forgetful.exit).toEqual([1, null]);
  expect(forgetful.output()).toMatch(/appendonly yes/);
  expect(forgetful.output()).not.toContain('the service starts');
});

test('an error nobody caught is logged without its secrets and ends the process', async () => {
  const env = { QUEUECLAW_TOKEN: 'a-secret-token-of-the-test' };
  const body = "setImmediate(() => Promise.reject(new Error('lost: a-secret-token-of-the-test')));";
  const service = start((await redis()).url, { body, env });
  expect(await service.exit).toEqual([1, null]);
  expect(service.output()).toContain('unhandled rejection');
  expect(service.output()).toContain('lost: [secret]');
  expect(service.output()).not.toContain('a-secret-token');
});

test('a configuration that is not valid ends it with every problem named', async () => {
  writeFileSync(join(home, 'queueclaw.yaml'), 'serevr: 1\nlimits: { steps: 0 }\n');
  const service = start('redis://127.0.0.1:1');
  expect(await service.exit).toEqual([1, null]);
  expect(service.output()).toContain('did you mean server?');
  expect(service.output()).toContain('limits.steps');
  // One line that says it, and no stack.
  expect(service.output().trimEnd().split('\n')).toHaveLength(1);
  expect(service.output()).not.toContain('"stack"');
});

test('stops when the process that supervises it is gone', async () => {
  const service = start((await redis()).url);
  await eventually(() => expect(service.output()).toContain('"serving"'), { timeoutMs: 15_000 });
  service.child.disconnect();
  expect(await service.exit).toEqual([0, null]);
  expect(service.output()).toContain('the supervisor is gone');
});

test('a second signal ends it at once', async () => {
  const service = start((await redis()).url, { stop: 'await new Promise(() => setInterval(() => undefined, 1000));' });
  await eventually(() => expect(service.output()).toContain('"serving"'), { timeoutMs: 15_000 });
  service.child.kill('SIGINT');
  await eventually(() => expect(service.output()).toContain('the service stops'));
  service.child.kill('SIGINT');
  expect(await service.exit).toEqual([1, null]);
});

test('only services that speak for people are given the mail key', async () => {
  const { url } = await redis();
  const body = "context.logger.info('key: ' + typeof context.mailKey);";
  const agent = start(url, { body });
  await eventually(() => expect(agent.output()).toContain('key: string'), { timeoutMs: 15_000 });
  const runner = start(url, { body, name: 'tool-runner', env: { QUEUECLAW_MAIL_KEY: 'k'.repeat(40) } });
  await eventually(() => expect(runner.output()).toContain('key: undefined'), { timeoutMs: 15_000 });
});
