import { eventually } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, makeWorld, type Started, type World } from '../up/up-fixture.js';

const patience = { timeoutMs: 40_000 };
let world: World;
let up: Started;

beforeAll(async () => {
  world = await makeWorld();
  up = world.start(['up', '--json']);
  await eventually(() => expect(up.events.some(({ event }) => event === 'ready')).toBe(true), patience);
}, 60_000);
afterAll(() => world.clear());

test('send prints the answer and ends with 0', async () => {
  const send = world.start(['send', 'run: echo $((40 + 2))', '--conversation', 'sent']);
  expect(await send.exit).toBe(0);
  expect(send.output()).toContain('42');
  const json = world.start(['send', 'hello', '--conversation', 'sent', '--json']);
  expect(await json.exit).toBe(0);
  expect(JSON.parse(json.output())).toMatchObject({ status: 'answered', conversation: 'sent' });
});

test('send reads the text from stdin, and can leave without waiting', async () => {
  const send = world.start(['send', '-', '--wait', '0s', '--conversation', 'left'], {}, 'a text\nof two lines\n');
  expect(await send.exit).toBe(0);
  expect(send.errors()).toMatch(/^Accepted as /);
});

test('send ends with 1 when the turn failed, with 3 when nobody is there', async () => {
  const failed = world.start(['send', 'fail', '--conversation', 'failing']);
  expect(await failed.exit).toBe(1);
  expect(failed.errors()).toMatch(/failed/);
  const gone = world.start(['send', 'hello'], { QUEUECLAW_URL: `http://127.0.0.1:${await freePort()}` });
  expect(await gone.exit).toBe(3);
  expect(gone.errors()).toContain('cannot be reached');
});

test('chat without a terminal answers its lines in order and ends after the last', async () => {
  const lines = 'first line\nrun: echo tool-$((1 + 1))\nlast line\n';
  const chat = world.start(['chat', '--conversation', 'piped'], {}, lines);
  expect(await chat.exit).toBe(0);
  const at = ['first line', 'tool-2', 'last line'].map((text) => chat.output().indexOf(text));
  expect(at).toEqual(at.toSorted((left, right) => left - right));
  expect(at[0]).toBeGreaterThanOrEqual(0);
  expect(chat.output()).toMatch(/✓ shell/);
});

test('chat goes on after the server died in the middle of an answer', async () => {
  const chat = world.start(['chat', '--conversation', 'broken'], {}, 'slow 2\n');
  await eventually(async () => {
    const answer = await fetch(`http://127.0.0.1:${world.port}/api/conversations/broken`);
    expect(answer.status).toBe(200);
  }, patience);
  const main = world.state()?.children.find(({ name }) => name === 'all-in-one');
  if (main === undefined) throw new Error('nothing runs');
  process.kill(main.pid, 'SIGKILL');
  expect(await chat.exit).toBe(0);
  expect(chat.output()).toContain('not connected');
}, 60_000);

test('chat ends with 3 when nobody is there', async () => {
  const chat = world.start(['chat'], { QUEUECLAW_URL: `http://127.0.0.1:${await freePort()}` }, 'hello\n');
  expect(await chat.exit).toBe(3);
});
