import { budgetTag, keys, shardTag } from '@queueclaw/contracts';
import { redisAs, startRedis, type TestRedis } from '@queueclaw/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { connectRedis } from '../redis.js';
import { aclLine, aclRules, aclTemplate } from './acl.js';
import { redisUsers } from './rights.js';

const space = { namespace: 'qc', shards: 1 };
const tag = shardTag(space, 0);
const one = { tenant: 'acme', conversation: 'c.1' };
const spent = budgetTag(space, 'acme');

let server: TestRedis;
let owner: Redis;

beforeAll(async () => {
  server = await startRedis();
  owner = connectRedis(server.url, 'command', () => undefined);
  for (const user of redisUsers) await owner.call('ACL', 'SETUSER', user, 'on', 'nopass', ...aclRules(user, space));
});
afterAll(async () => {
  owner.disconnect();
  await server.stop();
});

/** Every key there is, by its name in `keys`, and who may do what with it: agent, console, ingress, tool-runner. r read, w write, a append. */
const places: Readonly<
  Record<string, readonly [key: string, agent: string, console: string, ingress: string, runner: string]>
> = {
  mailbox: [keys.mailbox(tag, 'messages', one), 'rw', 'rw', 'rw', ''],
  control: [keys.control(tag, one), 'rw', 'r', 'rw', ''],
  commands: [keys.commands(tag, one), 'rw', 'rw', 'rw', ''],
  person: [keys.person(tag, 'acme', 'http.ada'), 'rw', 'rw', 'rw', ''],
  state: [keys.state(tag, 'messages', one), 'rw', 'rw', 'rw', ''],
  waiting: [keys.waiting(tag, one), 'rw', 'r', 'rw', ''],
  transcript: [keys.transcript(tag, one), 'rw', 'r', 'rw', ''],
  live: [keys.live(tag, one), 'rw', '', 'rw', ''],
  message: [keys.message(tag, 'acme', 'm1'), 'rw', 'rw', 'rw', ''],
  conversations: [keys.conversations(tag, 'acme'), 'rw', 'r', 'rw', ''],
  outbox: [keys.mailbox(tag, 'replies', one), 'rw', 'rw', 'rw', ''],
  pace: [keys.pace(tag, one), 'rw', '', 'rw', ''],
  pairingAccounts: [keys.pairingAccounts(tag, 'acme'), 'rw', 'rw', 'rw', ''],
  pairingWaiting: [keys.pairingWaiting(tag, 'acme', 'telegram/main'), 'rw', 'rw', 'rw', ''],
  paired: [keys.paired(tag, 'acme', 'telegram/main'), 'rw', 'rw', 'rw', ''],
  schedules: [keys.schedules(tag, one), 'rw', 'rw', 'rw', ''],
  scheduled: [keys.scheduled(tag, 'acme'), 'rw', 'rw', 'rw', ''],
  schedulers: [keys.schedulers(tag, 'acme'), 'rw', 'rw', 'rw', ''],
  memories: [keys.memories(tag, 'acme', 'p.http.ada'), 'rw', 'rw', 'rw', ''],
  'a schedule that is due': [`${tag}:schedules:repeat`, 'rw', 'rw', '', ''],
  due: [keys.due(tag, 'messages'), 'rw', 'rw', 'rw', ''],
  results: [keys.results(tag), 'rw', 'r', '', 'a'],
  forgotten: [keys.forgotten(tag), '', '', 'rw', 'r'],
  dead: [keys.dead(tag), 'rw', 'rw', 'rw', ''],
  refused: [keys.refused(tag), 'rw', 'r', '', ''],
  holder: [keys.holder(tag, 'telegram/main'), '', 'r', 'rw', ''],
  channelNotes: [keys.channelNotes(tag, 'telegram/main'), '', 'r', 'rw', ''],
  model: [keys.model('qc', 'openai/gpt {x}', 'breaker'), 'rw', '', '', ''],
  sender: [keys.sender('qc', 'telegram/a {b}', 'chat', '-7'), '', '', 'rw', ''],
  "another deployment's sender": [keys.sender('qc1', 'telegram/main', 'gate'), '', '', '', ''],
  "another deployment's model": [keys.model('qc1', 'gpt', 'breaker'), '', '', '', ''],
  budget: [keys.budget(spent, '20261123', 'person', 'http.ada'), 'rw', 'r', 'r', ''],
  reservation: [keys.reservation(spent, 'id'), 'rw', 'r', 'r', ''],
  tenantUsage: [keys.tenantUsage(spent, '20261123'), 'rw', 'r', 'r', ''],
  personUsage: [keys.personUsage(spent, 'http.ada'), 'rw', 'r', 'r', ''],
  usageRanking: [keys.usageRanking(spent, '20261123'), 'rw', 'r', 'r', ''],
  usageWriter: [keys.usageWriter(spent, 'writer'), 'rw', 'r', 'r', ''],
  "another deployment's usage": [keys.tenantUsage('{qc1.acme}', '20261123'), '', '', '', ''],
  'a wake': [`${tag}:messages:c/acme/c.1`, 'rw', 'rw', 'rw', ''],
  'a task': [`${tag}:tasks:t/acme/c.1/1.1.1`, 'rw', 'rw', '', 'rw'],
  'a round of replies': [`${tag}:replies:1`, 'rw', 'rw', 'rw', ''],
  "another deployment's": ['{qc10}:tasks:wait', '', '', '', ''],
  'of nobody': ['foreign', '', '', '', ''],
};

const allows = async (user: string, ...command: string[]): Promise<boolean> =>
  (await owner.call('ACL', 'DRYRUN', user, ...command)) === 'OK';

describe.each(Object.entries(places))('%s', (_name, [key, ...granted]) => {
  it.each(['agent', 'console', 'ingress', 'tool-runner'] as const)(
    'is open to the %s as the table says',
    async (user) => {
      const may = [
        (await allows(user, 'HGETALL', key)) ? 'r' : '',
        (await allows(user, 'HSET', key, 'f', 'v')) && (await allows(user, 'DEL', key)) ? 'w' : '',
        (await allows(user, 'XADD', key, '*', 'f', 'v')) && !(await allows(user, 'DEL', key)) ? 'a' : '',
      ].join('');
      expect(may).toBe(granted[['agent', 'console', 'ingress', 'tool-runner'].indexOf(user)]);
    },
  );
});

test('says of every key who may touch it', () => {
  const channels = ['controlChannel', 'holderLine'];
  const unsaid = Object.keys(keys).filter((name) => !channels.includes(name) && !Object.hasOwn(places, name));
  expect(unsaid).toEqual([]);
});

const neverAllowed = [
  ...[['KEYS', '*'], ['SCAN', '0'], ['RANDOMKEY'], ['DBSIZE'], ['FLUSHALL'], ['FLUSHDB'], ['SWAPDB', '0', '1']],
  ...[
    ['CONFIG', 'GET', '*'],
    ['ACL', 'LIST'],
    ['ACL', 'SETUSER', 'x'],
    ['DEBUG', 'SLEEP', '0'],
    ['MONITOR'],
    ['SHUTDOWN'],
  ],
  ...[
    ['SCRIPT', 'FLUSH'],
    ['SCRIPT', 'KILL'],
    ['FUNCTION', 'LIST'],
    ['CLIENT', 'LIST'],
    ['CLIENT', 'KILL', 'x'],
  ],
  ...[
    ['REPLICAOF', 'no', 'one'],
    ['SAVE'],
    ['BGREWRITEAOF'],
    ['MODULE', 'LIST'],
    ['LATENCY', 'RESET'],
    ['SLOWLOG', 'GET'],
  ],
  ...[
    ['SORT', `${tag}:tasks:wait`],
    ['DUMP', `${tag}:tasks:wait`],
    ['MIGRATE', 'h', '1', 'k', '0', '1'],
    ['PSUBSCRIBE', '*'],
  ],
];

test.each(redisUsers)('the %s can neither administer nor look around', async (user) => {
  for (const command of neverAllowed) expect(await allows(user, ...command), command.join(' ')).toBe(false);
});

test('who may hear and say what by pub/sub', async () => {
  const may = async (user: string): Promise<string> => {
    const line = keys.holderLine(tag, 'wecom-bot/main');
    const channels = { live: keys.live(tag, one), control: keys.controlChannel(tag), line, foreign: 'foreign' };
    const found: string[] = [];
    for (const [name, channel] of Object.entries(channels)) {
      if (await allows(user, 'SUBSCRIBE', channel)) found.push(`hears ${name}`);
      if (await allows(user, 'PUBLISH', channel, 'x')) found.push(`says ${name}`);
    }
    return found.join(', ');
  };
  expect(await may('tool-runner')).toBe('hears control');
  expect(await may('console')).toBe('');
  expect(await may('agent')).toBe('hears live, says live, hears control, says control');
  expect(await may('ingress')).toBe('hears live, says live, hears control, says control, hears line, says line');
});

describe('a tool-runner that was broken into', () => {
  let runner: Redis;
  beforeAll(async () => {
    runner = connectRedis(await redisAs(server.url, aclRules('tool-runner', space)), 'command', () => undefined);
    await owner.rpush(keys.mailbox(tag, 'messages', one), 'mail');
    await owner.hset(keys.state(tag, 'messages', one), 'journal', 'diary');
    await owner.xadd(keys.results(tag), '*', 'r', 'of somebody else');
  });
  afterAll(() => runner.disconnect());
  const refused = /NOPERM|can't access|can't run|not allowed from script/;

  it('reaches no key by a script either, named or not', async () => {
    const st = keys.state(tag, 'messages', one);
    for (const attempt of [
      runner.eval("return redis.call('hget', KEYS[1], 'journal')", 1, st),
      runner.eval(`return redis.call('hget', '${st}', 'journal')`, 0),
      runner.eval(`return redis.pcall('hget', '${st}', 'journal')`, 0),
      runner.eval("return redis.call('keys', '*')", 0),
      runner.eval("return redis.call('config', 'get', '*')", 0),
      runner.eval(`redis.call('rename', '${st}', '{qc0}:tasks:mine')`, 0),
      runner.rename(st, '{qc0}:tasks:mine'),
      runner.lmove(keys.mailbox(tag, 'messages', one), '{qc0}:tasks:mine', 'LEFT', 'LEFT'),
    ])
      await expect(attempt).rejects.toThrow(refused);
    expect(await owner.hget(st, 'journal')).toBe('diary');
  });

  it('appends results, and cannot read, remove or take over those of others', async () => {
    const stream = keys.results(tag);
    await runner.xadd(stream, '*', 'r', '{}');
    await expect(runner.eval(`return redis.call('xadd', '${stream}', '*', 'r', '{}')`, 0)).resolves.toBeTruthy();
    for (const attempt of [
      runner.xrange(stream, '-', '+'),
      runner.xlen(stream),
      runner.xdel(stream, '0-1'),
      runner.xtrim(stream, 'MAXLEN', 0),
      runner.del(stream),
      runner.xgroup('CREATE', stream, 'agents', '0'),
      runner.xread('STREAMS', stream, '0'),
    ])
      await expect(attempt).rejects.toThrow(refused);
    expect(await owner.xlen(stream)).toBe(3);
  });
});

test('shards of several digits belong to their deployment, and to no other whose name begins alike', async () => {
  const many = { namespace: 'many', shards: 12 };
  await owner.call('ACL', 'SETUSER', 'of-many', 'on', 'nopass', ...aclRules('tool-runner', many));
  for (const shard of [0, 9, 10, 11])
    expect(await allows('of-many', 'HGETALL', `${shardTag(many, shard)}:tasks:1`)).toBe(true);
  for (const other of [
    '{many1-0}:tasks:1',
    '{many100}:tasks:1',
    '{many}:tasks:1',
    '{many0}:tasks',
    '{many1}:messages:1',
  ])
    expect(await allows('of-many', 'HGETALL', other), other).toBe(false);
});

test('one line of an ACL file says the same as the rules', async () => {
  const [, user = '', ...rules] = aclLine('agent', 'nopass', space).split(' ');
  await owner.call('ACL', 'SETUSER', `${user}-again`, ...rules);
  const rightsOf = async (name: string): Promise<unknown> =>
    ((await owner.call('ACL', 'GETUSER', name)) as unknown[]).slice(4);
  expect(await rightsOf('agent-again')).toEqual(await rightsOf('agent'));
});

test('the template holds no password and leaves no user but `health` without one', () => {
  const lines = aclTemplate(space).trimEnd().split('\n');
  expect(lines.filter((line) => line.includes('nopass'))).toEqual([expect.stringContaining('user health ')]);
  expect(lines.filter((line) => line.includes('default'))).toEqual([expect.stringContaining('user default off ')]);
  for (const user of ['admin', ...redisUsers])
    expect(lines.filter((line) => line.startsWith(`user ${user} on #@${user}@ `))).toHaveLength(1);
  expect(aclTemplate(space)).not.toMatch(/ >/);
});
