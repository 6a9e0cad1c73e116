import { jobId, keys, shardTag, type Task, TaskResult, type ToolOutcome } from '@queueclaw/contracts';
import { type Producer, produce, tasksQueue } from '@queueclaw/queues';
import {
  aclRules,
  Config,
  connectRedis,
  createHealthBoard,
  createLive,
  createLogger,
  type Service,
} from '@queueclaw/runtime';
import { eventually, redisAs, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createToolRunner } from './app.js';

let redisUrl: string;
let redis: Redis;
let home: string;
let runner: Service;
let makeRunner: () => Service;
let tag: string;
let tasks: Producer<Task>;
let log: string[];
const health = createHealthBoard();

beforeAll(async () => {
  redisUrl = await sharedRedis();
  redis = connectRedis(redisUrl, 'command', () => undefined);
  home = await mkdtemp(join(tmpdir(), 'queueclaw-runner-'));
});
afterAll(async () => {
  redis.disconnect();
  await rm(home, { recursive: true, force: true });
});

beforeEach(async () => {
  const namespace = uniqueNamespace();
  const ownUrl = await redisAs(redisUrl, aclRules('tool-runner', { namespace, shards: 1 }));
  tag = shardTag({ namespace, shards: 1 }, 0);
  tasks = produce(tasksQueue, tag, redis);
  log = [];
  const config = Config.parse({
    state: { namespace },
    tools: { sandbox: { memory: '64MiB', workspace_size: '8MiB' } },
  });
  const logger = createLogger('tool-runner', 'debug', (line) => void log.push(line));
  const settings = createLive(config);
  const context = { config, settings, env: process.env, logger, redisUrl: ownUrl, mailKey: undefined, home, health };
  makeRunner = () => createToolRunner(context);
  runner = makeRunner();
});
afterEach(async () => {
  await runner.stop(10_000);
  await tasks.close();
});

let calls = 0;
const add = async (tool: string, args: unknown, more: Partial<Task> = {}): Promise<Task> => {
  const at = Date.now();
  const ids = {
    tenant: 'acme',
    conversation: 'c.1',
    call: `1.1.${(calls += 1)}`,
    ticket: `a-ticket-of-a-test-${calls}`,
  };
  const limits = { deadlineAt: at + 15_000, policy: { enableDangerous: false }, at };
  const task: Task = { v: 1, ...ids, tool, args, ...limits, ...more };
  await tasks.add(task, { id: jobId('t', task.tenant, task.conversation, task.call) });
  return task;
};

const results = async (): Promise<readonly TaskResult[]> => {
  const entries = await redis.xrange(keys.results(tag), '-', '+');
  return entries.map(([, [field, json = '']]) => {
    expect(field).toBe('r');
    return TaskResult.parse(JSON.parse(json));
  });
};
const outcomeOf = async ({ call }: Task): Promise<ToolOutcome> =>
  eventually(
    async () => {
      const found = (await results()).find((result) => result.call === call);
      if (found === undefined) throw new Error(`no result of ${call}`);
      return found.outcome;
    },
    { timeoutMs: 12_000 },
  );

it('hands a result over with the ticket of its call, once', async () => {
  await runner.start();
  const task = await add('shell', { command: 'echo héllo; pwd' });
  expect(await outcomeOf(task)).toMatchObject({ ok: true, text: 'héllo\n/workspace\n' });
  const { tenant, conversation, call, tool, ticket } = task;
  expect(await results()).toMatchObject([{ v: 1, tenant, conversation, call, tool, ticket }]);
});

it('does not run a call whose conversation was forgotten while it waited, and makes no workspace', async () => {
  const waits = await add('write_file', { path: 'secret', content: 'x' }, { conversation: 'gone', call: '2.1.1' });
  await redis.xadd(keys.forgotten(tag), '*', 'a', 'acme/gone', 't', 2);
  await runner.start();
  expect(await outcomeOf(waits)).toMatchObject({ ok: false, code: 'tool.cancelled' });
  const anew = await add('list_files', {}, { conversation: 'gone', call: '3.1.1' });
  const { ok, text } = await outcomeOf(anew);
  expect([ok, text.includes('secret')]).toEqual([true, false]);
});

it('runs a tool that needs no process', async () => {
  await runner.start();
  expect(await outcomeOf(await add('current_time', {}))).toMatchObject({ ok: true });
});

it('does not act again on a call that was started before its runner was lost, and says so', async () => {
  const lost = await add('shell', { command: 'echo again >> twice' }, { startedAt: Date.now() });
  const harmless = await add('current_time', {}, { startedAt: Date.now() });
  await runner.start();
  expect(await outcomeOf(lost)).toMatchObject({ ok: false, code: 'tool.unknown_outcome' });
  expect(await outcomeOf(harmless)).toMatchObject({ ok: true });
  expect(await outcomeOf(await add('shell', { command: 'ls' }))).not.toMatchObject({
    text: expect.stringContaining('twice'),
  });
});

it('writes down that a command has started before it acts', async () => {
  await runner.start();
  const task = await add('shell', { command: 'sleep 20' });
  const id = jobId('t', task.tenant, task.conversation, task.call);
  await eventually(async () => {
    const data = await redis.hget(`${tag}:tasks:${id}`, 'data');
    expect(JSON.parse(data ?? '{}')).toHaveProperty('startedAt');
  });
  await redis.publish(keys.controlChannel(tag), cancel([task.call]));
  await outcomeOf(task);
});

const cancel = (list: readonly string[], conversation = 'c.1'): string =>
  JSON.stringify({ type: 'cancel', tenant: 'acme', conversation, calls: list });

it('stops a running command that is cancelled, and no other', async () => {
  await runner.start();
  const stopped = await add('shell', { command: 'touch begun; sleep 20' });
  // Needs no slot of the sandbox, both of which may be taken.
  await eventually(async () =>
    expect(await outcomeOf(await add('read_file', { path: 'begun' }))).toMatchObject({ ok: true }),
  );
  // Where one command runs at a time, this one waits for the other's end.
  const kept = await add('shell', { command: 'until [ -e over ]; do sleep 0.05; done; echo done' });
  for (const noise of ['not json', '{}', cancel([stopped.call], 'another')])
    await redis.publish(keys.controlChannel(tag), noise);
  await redis.publish(keys.controlChannel(tag), cancel([stopped.call]));
  expect(await outcomeOf(stopped)).toMatchObject({ ok: false, code: 'tool.cancelled' });
  await outcomeOf(await add('write_file', { path: 'over', content: '' }));
  expect(await outcomeOf(kept)).toMatchObject({ ok: true, text: 'done\n' });
});

it.each([
  ['a tool that nobody has', 'launch_rocket', {}, 'tool.arguments'],
  ['arguments that do not fit', 'shell', { command: 7 }, 'tool.arguments'],
  ['a NUL in a command', 'shell', { command: 'echo a\0b' }, 'tool.arguments'],
  ['a NUL in a path', 'read_file', { path: 'a\0b' }, 'tool.failed'],
  ['a path outside', 'read_file', { path: '../../../etc/passwd' }, 'tool.failed'],
])('answers %s with a code', async (_, tool, args, code) => {
  await runner.start();
  expect(await outcomeOf(await add(tool, args))).toMatchObject({ ok: false, code });
});

it('does not start what is past its deadline', async () => {
  await runner.start();
  const late = await add('shell', { command: 'touch late' }, { deadlineAt: Date.now() - 1 });
  expect(await outcomeOf(late)).toMatchObject({ ok: false, code: 'tool.timeout' });
});

it('logs neither arguments nor output', async () => {
  await runner.start();
  const task = await add('shell', { command: 'echo s3cret-argument; exit 3' });
  expect((await outcomeOf(task)).text).toContain('s3cret-argument');
  await runner.stop(5_000);
  const id = jobId('t', task.tenant, task.conversation, task.call);
  const lines = await redis.lrange(`${tag}:tasks:${id}:logs`, 0, -1);
  expect([...log, ...lines].join('\n')).not.toContain('s3cret-argument');
  expect(lines.join('\n')).toContain(task.call);
});

it('says in its health what the sandbox holds', async () => {
  await runner.start();
  await outcomeOf(await add('shell', { command: 'true' }));
  const { checks } = await health.status();
  expect(checks['sandbox']).toMatchObject({ ok: true });
  expect(checks['sandbox']?.detail).toMatch(/^containment ok, resources (full|limited; )/);
});

const forget = async (conversation: string, tell = true): Promise<void> => {
  await redis.xadd(keys.forgotten(tag), '*', 'a', `acme/${conversation}`);
  if (tell) await redis.publish(keys.controlChannel(tag), JSON.stringify({ type: 'forget' }));
};
/** The home is the same for all of these tests. */
const named = (name: string): string => `${name}-${tag.replaceAll(/[{}]/g, '')}`;
const workspacesLeft = async (): Promise<string[]> => readdir(join(home, 'workspaces', 'acme')).catch(() => []);

it('removes the workspace of a conversation that was forgotten, stops what runs in it, and leaves the others', async () => {
  await runner.start();
  const [gone, other] = [{ conversation: named('gone') }, { conversation: named('other') }];
  await outcomeOf(await add('write_file', { path: 'x', content: 'old' }, gone));
  await outcomeOf(await add('write_file', { path: 'x', content: 'kept' }, other));
  const running = await add('shell', { command: 'touch begun; sleep 20' }, gone);
  await eventually(async () =>
    expect(await outcomeOf(await add('read_file', { path: 'begun' }, gone))).toMatchObject({ ok: true }),
  );
  await forget(gone.conversation);
  expect(await outcomeOf(running)).toMatchObject({ code: 'tool.cancelled' });
  await eventually(async () => expect((await workspacesLeft()).join()).not.toContain(gone.conversation));
  expect(await outcomeOf(await add('read_file', { path: 'x' }, gone))).toMatchObject({ ok: false });
  expect(await outcomeOf(await add('read_file', { path: 'x' }, other))).toMatchObject({ text: 'kept' });
});

it('removes what was forgotten while it was away, once: what began anew under the name stays', async () => {
  await runner.start();
  const again = { conversation: named('again') };
  await outcomeOf(await add('write_file', { path: 'x', content: 'old' }, again));
  await runner.stop(5_000);
  await forget(again.conversation, false);
  runner = makeRunner();
  await runner.start();
  await eventually(async () => expect((await workspacesLeft()).join()).not.toContain(again.conversation));
  await outcomeOf(await add('write_file', { path: 'x', content: 'new' }, again));
  await runner.stop(5_000);
  runner = makeRunner();
  await runner.start();
  await redis.publish(keys.controlChannel(tag), JSON.stringify({ type: 'forget' }));
  await forget('somebody-else');
  expect(await outcomeOf(await add('read_file', { path: 'x' }, again))).toMatchObject({ text: 'new' });
});

it('ends a command that uses more memory than is configured, says so, and goes on', async () => {
  await runner.start();
  const hog = '(head -c 50000000 /dev/zero; sleep 1) | tail -c 50000000 >/dev/null';
  const outcome = await outcomeOf(await add('shell', { command: `${hog} & ${hog} & wait` }));
  const { checks } = await health.status();
  if (checks['sandbox']?.detail?.includes('resources full'))
    expect(outcome).toMatchObject({ ok: false, code: 'tool.memory_limit', text: expect.stringContaining('64 MiB') });
  expect(await outcomeOf(await add('shell', { command: 'echo fine' }))).toMatchObject({ ok: true, text: 'fine\n' });
});
