import { eventually } from '@queueclaw/testing';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UpEvent } from './announce.js';
import { type ProcessIdentity, isRunning } from './process-identity.js';
import { makeWorld, type Started, type World } from './up-fixture.js';

const patience = { timeoutMs: 40_000 };
let world: World;

beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.clear());

const event = <T extends UpEvent['event']>(up: Started, name: T): Extract<UpEvent, { event: T }> => {
  const found = up.events.find((one) => one.event === name);
  if (found === undefined) throw new Error(`no ${name} yet: ${up.output()} ${up.errors()}`);
  return found as Extract<UpEvent, { event: T }>;
};
const started = async (env: Readonly<Record<string, string>> = {}): Promise<Started> => {
  const up = world.start(['up', '--json'], env);
  await eventually(() => {
    if (up.child.exitCode !== null) throw new Error(`ended: ${up.output()} ${up.errors()}`);
    return event(up, 'ready');
  }, patience);
  return up;
};
const children = (): (ProcessIdentity & { name: string })[] => world.state()?.children ?? [];
const child = (name: string): ProcessIdentity => {
  const found = children().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const ask = async (text: string, id: string): Promise<{ status: string; reply?: { text: string } }> => {
  const answer = await fetch(`http://127.0.0.1:${world.port}/api/message?wait=30s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ conversation: 'c', text, id }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { status: string; reply?: { text: string } };
};

test('starts everything, answers with a tool, and on Ctrl-C stops all that it started', async () => {
  const up = await started();
  expect(event(up, 'ready')).toMatchObject({
    chat: `http://127.0.0.1:${world.port}/`,
    model: expect.stringMatching(/^demo: /),
  });
  expect(children().map(({ name }) => name)).toEqual(['all-in-one', 'tool-runner', 'Redis']);
  expect(await ask('run: echo $((40 + 2))', 'm1')).toMatchObject({
    status: 'answered',
    reply: { text: expect.stringContaining('42') },
  });
  const all = children();
  up.child.kill('SIGINT');
  expect(await up.exit).toBe(0);
  expect(all.filter((one) => isRunning(one))).toEqual([]);
  expect(existsSync(join(world.home, 'run', 'up.json'))).toBe(false);
  expect(existsSync(join(world.home, 'run', 'redis.sock'))).toBe(false);
  expect(up.events.at(-1)).toEqual({ event: 'stopped' });
});

test('a second start from the same home is refused and names the process, and the first goes on', async () => {
  const up = await started();
  const second = world.start(['up', '--json']);
  expect(await second.exit).toBe(1);
  expect(second.output()).toContain(`process ${up.pid}`);
  expect(await ask('hello', 'm1')).toMatchObject({ status: 'answered' });
  // What doctor finds is the running system, not what it would start.
  const doctor = world.start(['doctor', '--json']);
  expect(await doctor.exit.catch(() => 1)).toBe(0);
});

test('a taken port is named with the variable to set, and nothing is left running', async () => {
  const other = createServer().listen(world.port, '127.0.0.1');
  await eventually(() => expect(other.listening).toBe(true));
  const up = world.start(['up', '--json']);
  expect(await up.exit).toBe(1);
  expect(up.output()).toContain(`Port ${world.port}`);
  expect(up.output()).toContain('PORT=<port>');
  expect(world.state()).toBeUndefined();
  await new Promise((resolve) => other.close(resolve));
});

test('what dies is started again and said so, and nothing that was accepted is lost', async () => {
  const up = await started();
  await ask('my name is Ann', 'm1');
  for (const name of ['Redis', 'all-in-one', 'tool-runner']) {
    const before = child(name);
    process.kill(before.pid, 'SIGKILL');
    await eventually(
      () => expect(up.events).toContainEqual(expect.objectContaining({ event: 'died', name })),
      patience,
    );
    await eventually(() => expect(child(name).pid).not.toBe(before.pid), patience);
    await eventually(() => expect(up.events).toContainEqual({ event: 'back', name }), patience);
  }
  await eventually(
    async () => expect(await ask('run: echo alive', 'm2')).toMatchObject({ status: 'answered' }),
    patience,
  );
  expect(await ask('my name is Ann', 'm1')).toMatchObject({ status: 'answered' });
  expect(up.child.exitCode).toBeNull();
});

test('after the supervisor was killed nothing stays, and the next start works', async () => {
  writeFileSync(join(world.home, 'queueclaw.yaml'), 'server: { shutdown_timeout: 1s }\n');
  const up = await started();
  const all = children();
  up.child.kill('SIGKILL');
  await up.exit;
  await eventually(() => expect(all.filter((one) => isRunning(one))).toEqual([]), patience);
  const again = await started();
  expect(await ask('hello', 'm2')).toMatchObject({ status: 'answered' });
  const left = children();
  // A start right after a kill does not wait for that: it ends what it finds.
  again.child.kill('SIGKILL');
  await again.exit;
  const third = await started();
  expect(left.filter((one) => isRunning(one))).toEqual([]);
  third.child.kill('SIGTERM');
  expect(await third.exit).toBe(0);
});

test('no secret of the environment reaches the tool-runner or a log', async () => {
  const secret = 'a-secret-of-the-environment';
  await started({ QUEUECLAW_TOKEN: secret, QUEUECLAW_MAIL_KEY: `${secret}-${secret}`, OPENAI_API_KEY: `sk-${secret}` });
  if (process.platform === 'linux') {
    const environment = readFileSync(`/proc/${child('tool-runner').pid}/environ`, 'utf8');
    expect(environment).toContain(`QUEUECLAW_HOME=${world.home}`);
    expect(environment).not.toContain(secret);
  }
  expect(readFileSync(join(world.home, 'run', 'tool-runner.yaml'), 'utf8')).not.toContain(secret);
  for (const name of ['all-in-one', 'tool-runner', 'redis'])
    expect(readFileSync(join(world.home, 'logs', `${name}.log`), 'utf8')).not.toContain(secret);
});

test('a home whose path is too long for a socket gets one in a private folder, which goes away again', async () => {
  await world.clear();
  const deep = mkdtempSync(join(tmpdir(), `qc-${'long-'.repeat(25)}`));
  world = await makeWorld(join(deep, 'home-'));
  const up = await started();
  const folder = world.state()?.socketFolder ?? '';
  expect(existsSync(folder)).toBe(true);
  expect(JSON.stringify(up.events)).toContain(folder);
  up.child.kill('SIGTERM');
  expect(await up.exit).toBe(0);
  expect(existsSync(folder)).toBe(false);
  rmSync(deep, { recursive: true });
});

test('a configuration that is not valid starts nothing', async () => {
  writeFileSync(join(world.home, 'queueclaw.yaml'), 'serevr: {}\n');
  const up = world.start(['up', '--json']);
  expect(await up.exit).toBe(1);
  expect(up.output()).toContain('queueclaw.yaml:1: serevr: unknown key; did you mean server?');
  expect(world.state()).toBeUndefined();
});
