import { eventually } from '@queueclaw/testing';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, type Started, type World } from './up-fixture.js';

const patience = { timeoutMs: 20_000 };
let world: World;
let up: Started;

/** A configuration whose model answers one word. */
const says = (word: string, rest = ''): string => `
llm:
  default: rehearsal
  models: { rehearsal: { provider: scripted, script: ./${word}.yaml } }
server: { shutdown_timeout: 3s }
${rest}`;
const save = (text: string): void => {
  // As many editors do.
  writeFileSync(join(world.home, 'draft'), text);
  renameSync(join(world.home, 'draft'), join(world.home, 'queueclaw.yaml'));
};
const ask = async (text: string, wait = '30s'): Promise<string | undefined> => {
  const answer = await fetch(`http://127.0.0.1:${world.port}/api/message?wait=${wait}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ conversation: 'c', text }),
  });
  return ((await answer.json()) as { reply?: { text: string } }).reply?.text;
};

beforeAll(async () => {
  world = await makeWorld();
  for (const word of ['first', 'second'])
    writeFileSync(join(world.home, `${word}.yaml`), JSON.stringify({ rules: [{ steps: [{ text: word }] }] }));
  save(says('first'));
  // The file's model, not the test's.
  up = world.start(['up', '--json'], { QUEUECLAW_MODEL: '' });
  await eventually(() => expect(up.events.some(({ event }) => event === 'ready')).toBe(true), { timeoutMs: 40_000 });
}, 60_000);
afterAll(() => world.clear());

test('an edit of the file counts for the next answer, for the tool-runner too, and is said', async () => {
  expect(await ask('a')).toBe('first');
  save(says('second', 'tools: { timeout: 7s }'));
  await eventually(() => expect(up.events.some(({ event }) => event === 'reloaded')).toBe(true), patience);
  expect(await ask('b')).toBe('second');
  expect(readFileSync(join(world.home, 'run', 'tool-runner.yaml'), 'utf8')).toContain('"timeout": 7000');
  await eventually(
    () => expect(readFileSync(join(world.home, 'logs', 'tool-runner.log'), 'utf8')).toContain('tools.timeout'),
    patience,
  );
});

test.each([
  ['is not valid', says('first', 'limitz: {}'), 'did you mean limits?'],
  ['names a model nobody knows', says('first', 'agents: { default: { model: nonsense } }'), 'no model nonsense'],
])('a file that %s is complained about, and the old one keeps answering', async (_, text, complaint) => {
  save(text);
  await eventually(() => expect(JSON.stringify(up.events)).toContain(complaint), patience);
  expect(await ask('c')).toBe('second');
});

test('SIGHUP reads it again, and what needs a restart is named', async () => {
  save(says('first', 'state: { retention: 1d }'));
  up.child.kill('SIGHUP');
  await eventually(() => expect(JSON.stringify(up.events)).toContain('state.retention'), patience);
  expect(await ask('d')).toBe('first');
  expect(up.child.exitCode).toBeNull();
});

test('a stop says what it waits for, and does not wait for what takes longer than the shutdown timeout', async () => {
  save(says('second').replace('default: rehearsal', 'default: demo'));
  await eventually(() => expect(up.events.filter(({ event }) => event === 'reloaded')).toHaveLength(3), patience);
  void ask('run: sleep 100', '1s').catch(() => undefined);
  await eventually(async () => {
    const { health } = world.state() ?? {};
    const metrics = await (await fetch(`http://127.0.0.1:${health?.['tool-runner']}/metrics`)).text();
    expect(metrics).toMatch(/queueclaw_job_wait_seconds_count\{queue="tasks"\} [1-9]/);
  }, patience);
  up.child.kill('SIGINT');
  expect(await up.exit).toBe(0);
  expect(up.events).toContainEqual({ event: 'working', turns: 0, calls: 1 });
  expect(up.events.at(-1)).toEqual({ event: 'stopped' });
});
