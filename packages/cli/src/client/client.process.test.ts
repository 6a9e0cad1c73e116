import { keys, shardTag } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import { eventually, freePort, startRedis, type TestRedis } from '@queueclaw/testing';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorld, type Started, type World } from '../up/up-fixture.js';

const patience = { timeoutMs: 40_000 };
let world: World;
let up: Started;
let server: TestRedis;

const operator = { QUEUECLAW_OPERATOR_TOKEN: 'an-operator-token-for-tests' };

beforeAll(async () => {
  world = await makeWorld();
  server = await startRedis();
  up = world.start(['up', '--json'], { ...operator, REDIS_URL: server.url });
  await eventually(() => expect(up.events.some(({ event }) => event === 'ready')).toBe(true), patience);
}, 60_000);
afterAll(async () => {
  await world.clear();
  await server.stop();
});

test('send prints the answer and ends with 0', async () => {
  const send = world.start(['send', 'run: echo $((40 + 2))', '--conversation', 'sent']);
  expect(await send.exit).toBe(0);
  expect(send.output()).toContain('42');
  const json = world.start(['send', 'hello', '--conversation', 'sent', '--json']);
  expect(await json.exit).toBe(0);
  expect(JSON.parse(json.output())).toMatchObject({ status: 'answered', conversation: 'sent' });
});

test('send is answered in the language of the terminal', async () => {
  const send = world.start(['send', '/help', '--conversation', 'chinese'], { LANG: 'zh_CN.UTF-8' });
  expect(await send.exit).toBe(0);
  expect(send.output()).toMatch(/命令/);
});

test('send reads the text from stdin, and can leave without waiting', async () => {
  const send = world.start(['send', '-', '--wait', '0s', '--conversation', 'left'], {}, 'a text\nof two lines\n');
  expect(await send.exit).toBe(0);
  expect(send.errors()).toMatch(/^Accepted as /);
});

test('the server is found on whatever port this home serves', async () => {
  const send = world.start(['send', 'hello', '--conversation', 'found'], { PORT: '1' });
  expect(await send.exit).toBe(0);
});

test('a command of the chat is done when it says so; an answer that is late is named and goes on', async () => {
  for (const command of ['/stop', '/new']) {
    const send = world.start(['send', command, '--conversation', 'commands']);
    expect(await send.exit).toBe(0);
    expect(send.output().split('\n')).toHaveLength(2);
    expect(send.errors()).toBe('');
  }
  const late = world.start(['send', 'slow 3', '--wait', '1s', '--conversation', 'late']);
  expect(await late.exit).toBe(1);
  expect(late.errors()).toMatch(/^No answer within 1s\. The message is accepted and goes on as \w+;/);
});

test('send ends with 1 when the turn failed, with 3 when nobody is there', async () => {
  const failed = world.start(['send', 'fail', '--conversation', 'failing']);
  expect(await failed.exit).toBe(1);
  expect(failed.errors()).toMatch(/failed/);
  const gone = world.start(['send', 'hello'], { QUEUECLAW_URL: `http://127.0.0.1:${await freePort()}` });
  expect(await gone.exit).toBe(3);
  expect(gone.errors()).toMatch(/cannot be reached.*QUEUECLAW_URL/);
  const json = world.start(['send', 'hello', '--json'], { QUEUECLAW_URL: `http://127.0.0.1:${await freePort()}` });
  expect(await json.exit).toBe(3);
  expect(JSON.parse(json.output())).toMatchObject({ error: { code: 'system.unavailable' } });
  expect(json.errors()).toBe('');
});

/** Runs a command to its end; what it printed. */
const run = async (args: readonly string[], code = 0): Promise<string> => {
  const command = world.start(args, operator);
  expect(await command.exit, `${args.join(' ')}: ${command.errors()}`).toBe(code);
  return command.output();
};

test('conversations are listed, read, exported and forgotten', async () => {
  await run(['send', 'run: echo kept', '--conversation', 'kept']);
  const list = async (...more: string[]): Promise<string[]> => {
    const listed = JSON.parse(await run(['conversations', 'list', '--json', ...more])) as {
      conversations: { conversation: string }[];
    };
    return listed.conversations.map(({ conversation }) => conversation);
  };
  expect(await list('--limit', '1')).toHaveLength(1);
  expect(await list()).toContain('kept');
  expect(await run(['conversations', 'list'])).toMatch(/\d{4}-\d\d-\d\d .*kept\n/);
  expect(await run(['conversations', 'show', 'kept'])).toMatch(/local: run: echo kept\n[^]*✓ shell[^]*assistant: /);
  const exported = await run(['conversations', 'export', 'kept']);
  expect(
    exported
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { role: string }).role),
  ).toEqual([...['user', 'assistant', 'tool', 'assistant']]);
  await run(['conversations', 'export', 'kept', '--output', 'kept.jsonl']);
  expect(readFileSync(join(world.home, 'kept.jsonl'), 'utf8')).toBe(exported);
  const forgotten = JSON.parse(await run(['conversations', 'delete', 'kept', 'never', '--json'], 1)) as unknown;
  expect(forgotten).toEqual({
    conversations: [
      { id: 'kept', deleted: true },
      { id: 'never', deleted: false, error: 'conversation.not_found' },
    ],
  });
  expect(JSON.parse(await run(['conversations', 'show', 'kept', '--json'], 1))).toMatchObject({
    error: { code: 'conversation.not_found' },
  });
});

test('models, tools and channels are listed with why and how they are', async () => {
  const [models = '', text, tools, channels = '', status = ''] = await Promise.all(
    [['models', '--json'], ['models'], ['tools'], ['channels', 'list', '--json'], ['channels', 'status', '--json']].map(
      (args) => run(args),
    ),
  );
  expect(JSON.parse(models)).toMatchObject({
    default: { name: 'demo', why: 'QUEUECLAW_MODEL is set', running: true },
    models: [{ name: 'demo', provider: 'demo', default: true }],
  });
  expect(text).toContain('demo answers by default');
  expect(tools).toMatch(/^shell +Runs/);
  expect(JSON.parse(channels)).toMatchObject({ channels: expect.any(Array) });
  expect(JSON.parse(status)).toEqual({ channels: [] });
});

test('dead letters are listed, tried again once and dropped', async () => {
  const redis = connectRedis(server.url, 'command', () => undefined);
  const at = Date.now();
  const mail = {
    v: 1,
    kind: 'person',
    id: 'm1',
    text: 'once more',
    from: { id: 'ada' },
    route: { channel: 'http' },
    at,
  };
  const letter = { kind: 'messages', tenant: 'default', conversation: 'dead', why: 'message.poisoned', at, tries: 6 };
  const list = keys.dead(shardTag({ namespace: 'qc', shards: 1 }, 0));
  await redis.rpush(
    list,
    JSON.stringify({ ...letter, ids: ['m1'], mail: [mail] }),
    JSON.stringify({ ...letter, ids: ['m2'] }),
  );
  redis.disconnect();
  const { deadLetters } = JSON.parse(await run(['dead-letters', 'list', '--json'])) as {
    deadLetters: { id: string; retryable: boolean }[];
  };
  const [again = '', final = ''] = [true, false].map(
    (wanted) => deadLetters.find(({ retryable }) => retryable === wanted)?.id,
  );
  expect(await run(['dead-letters', 'list'])).toContain('message.poisoned (nothing to try again)');
  expect(JSON.parse(await run(['dead-letters', 'show', again]))).toMatchObject({ mail: [{ text: 'once more' }] });
  expect(JSON.parse(await run(['dead-letters', 'retry', final, again, '--json'], 1))).toEqual({
    deadLetters: [
      { id: final, error: { code: 'dead_letter.final', message: expect.any(String) } },
      { id: again, retried: 1 },
    ],
  });
  await run(['dead-letters', 'retry', again], 1);
  const follow = world.start(['logs', '--follow', '--lines', '1', '--service', 'all-in-one']);
  await eventually(() => expect(follow.output()).not.toBe(''), patience);
  await run(['dead-letters', 'drop', final]);
  await eventually(() => expect(follow.output()).toContain('a dead letter was dropped operator=operator'), patience);
  follow.child.kill('SIGINT');
  expect(await follow.exit).toBe(0);
  expect(await run(['dead-letters', 'list'])).toBe('There are none.\n');
  const stranger = world.start(['dead-letters', 'list']);
  expect(await stranger.exit).toBe(1);
  expect(stranger.errors()).toContain('QUEUECLAW_OPERATOR_TOKEN');
});

test('who waits with a code is listed, approved by it and revoked', async () => {
  const redis = connectRedis(server.url, 'command', () => undefined);
  const tag = shardTag({ namespace: 'qc', shards: 1 }, 0);
  const route = { channel: 'telegram', account: 'main', address: { chat: '7' } };
  const request = { v: 1, from: { id: '7', name: 'Ada' }, conversation: 'telegram.main.7', route };
  const at = Date.now();
  await redis.hset(
    keys.pairingWaiting(tag, 'default', 'telegram/main'),
    ...['7', [at, at, 1, 'K7QW3MXP', 0, JSON.stringify(request)].join('\n')],
  );
  await redis.sadd(keys.pairingAccounts(tag, 'default'), 'telegram/main');
  expect(await run(['pairing', 'list'])).toMatch(/^K7QW3MXP .+ telegram\/main +7 +Ada +waits\n$/);
  expect(await run(['pairing', 'approve', 'k7qw-3mxp'])).toBe('Ada, 7 may write to telegram/main now.\n');
  expect(await redis.hexists(keys.paired(tag, 'default', 'telegram/main'), '7')).toBe(1);
  redis.disconnect();
  expect(await run(['pairing', 'list'])).toContain('approved by operator');
  expect(await run(['pairing', 'revoke', 'telegram/main', '7'])).toBe('7 may no longer write to telegram/main.\n');
  expect(JSON.parse(await run(['pairing', 'approve', 'WRONG', '--json'], 1))).toMatchObject({
    error: { code: 'pairing.not_found' },
  });
  expect(await run(['pairing', 'list'])).toBe('Nobody waits.\n');
});

test('logs print the last lines, as text and as JSON', async () => {
  expect(await run(['logs', '--lines', '3'])).toMatch(/^(\d\d:\d\d:\d\d\.\d{3} \w+ +[\w-]+: .*\n){3}$/);
  const [line = ''] = (await run(['logs', '--service', 'tool-runner', '--lines', '1', '--json'])).split('\n');
  expect(JSON.parse(line)).toMatchObject({ service: 'tool-runner' });
});

test('a reader that leaves, as head does, leads to no complaint', async () => {
  const child = spawn(process.execPath, [...world.command, '--help'], { cwd: world.home, env: world.env });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  child.stdout.destroy();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(errors).toBe('');
});

test('everything of a person is exported with their files, whole or not at all, and forgotten', async () => {
  const other = await makeWorld();
  const token = 'an-operators-token-for-this-test';
  const scopes = ['chat', 'read', 'operate'];
  writeFileSync(join(other.home, 'queueclaw.yaml'), JSON.stringify({ server: { tokens: [{ token, scopes }] } }));
  const space = {
    REDIS_URL: server.url,
    QUEUECLAW_NAMESPACE: 'people',
    QUEUECLAW_MAIL_KEY: 'a mail key for tests, of enough length',
  };
  const whole = { ...space, QUEUECLAW_TOKEN: token, QUEUECLAW_URL: `http://127.0.0.1:${other.port}` };
  const ask = async (
    args: readonly string[],
    code = 0,
    env: Readonly<Record<string, string>> = whole,
  ): Promise<string> => {
    const command = other.start(args, env);
    expect(await command.exit, `${args.join(' ')}: ${command.errors()}`).toBe(code);
    return command.output() + command.errors();
  };
  const call = async (path: string, type: string, body: string): Promise<{ id: string }> => {
    const headers = { 'content-type': type, authorization: `Bearer ${token}` };
    const answer = await fetch(`${whole.QUEUECLAW_URL}${path}`, { method: 'POST', headers, body });
    expect(answer.status).toBeLessThan(300);
    return (await answer.json()) as { id: string };
  };
  try {
    other.start(['run', 'ingress'], space);
    const { id } = await eventually(() => call('/api/attachments?name=notes.txt', 'text/plain', 'a note'), patience);
    const message = { conversation: 'somebodys', id: 'p1', text: 'look', attachments: [{ id }] };
    await call('/api/message', 'application/json', JSON.stringify(message));
    const person = `token-${createHash('sha256').update(token).digest('hex').slice(0, 10)}`;
    const lines = (await ask(['people', 'export', 'http', person])).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { conversation: 'somebodys', waiting: { text: 'look', attachments: [{ id }] } },
    ]);
    expect(await ask(['people', 'export', 'http', person, '--to', 'all'])).toContain('1 files');
    expect(readFileSync(join(other.home, 'all', 'attachments', id), 'utf8')).toBe('a note');
    expect(readFileSync(join(other.home, 'all', 'lines.jsonl'), 'utf8').trim()).toBe(lines.join('\n'));
    expect(await ask(['people', 'export', 'http', person, '--to', 'all'], 2)).toContain('there already');
    const gone = { ...whole, QUEUECLAW_TOKEN: 'another-token-than-the-operators' };
    await ask(['people', 'export', 'http', person, '--to', 'nothing'], 1, gone);
    expect(readdirSync(other.home).filter((name) => name.startsWith('nothing'))).toEqual([]);
    expect(JSON.parse(await ask(['people', 'delete', 'http', person, '--json']))).toEqual({
      forgotten: 1,
      redacted: 0,
    });
    expect(await ask(['people', 'export', 'http', person])).toBe('');
  } finally {
    await other.clear();
  }
}, 60_000);

test('bash completes commands, options and the names of conversations', async () => {
  await run(['send', 'hello', '--conversation', 'to-be-completed']);
  const script = await run(['completion', 'bash']);
  const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  const program = join(world.home, 'queueclaw');
  writeFileSync(program, `#!/bin/sh\nexec ${[process.execPath, ...world.command].map(quoted).join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  const complete = (...words: string[]): string[] => {
    const typed = `COMP_WORDS=(${[program, ...words].map(quoted).join(' ')}); COMP_CWORD=${words.length}`;
    const text = `${script}\n${typed}\n_queueclaw; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync('bash', ['-c', text], { encoding: 'utf8', cwd: world.home, env: world.env });
    return stdout.split('\n').filter((word) => word !== '');
  };
  expect(complete('conv')).toEqual(['conversations']);
  expect(complete('dead-letters', '')).toEqual(['list', 'show', 'retry', 'drop', 'help']);
  expect(complete('send', 'hello', '--c')).toEqual(['--conversation']);
  expect(complete('logs', '--service', 'tool')).toEqual(['tool-runner']);
  expect(complete('run', 'all')).toEqual(['all-in-one']);
  expect(complete('conversations', 'show', 'to-be')).toEqual(['to-be-completed']);
  expect(complete('chat', '--conversation', 'to-be')).toEqual(['to-be-completed']);
  expect(complete('config', 'validate', '')).toEqual([]);
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
