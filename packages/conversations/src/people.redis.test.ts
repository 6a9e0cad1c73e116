import { type ActorAddress, keys, personIn, type PersonMail, type Reply } from '@queueclaw/contracts';
import { isTheirEntry, isTheirMail, type Lease, openPairings } from '@queueclaw/mailbox';
import { Config } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Door, openDoor } from './open.js';
import { openPeople, type Person, type PersonLine } from './people.js';

let redisUrl: string;
let door: Door;

beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(() => door.close());

const open = (state: Record<string, unknown> = {}): void => {
  const config = Config.parse({ state: { namespace: uniqueNamespace(), ...state } });
  door = openDoor({ redisUrl, mailKey: 'test mail key', config, onError: () => undefined });
};
const at = (conversation: string): ActorAddress => ({ tenant: 'default', conversation });
const ada: Person = { tenant: 'default', channel: 'telegram', id: 'ada' };
let serial = 0;
const write = async (a: ActorAddress, who: string, text: string): Promise<PersonMail> => {
  const id = `p${(serial += 1)}`;
  const mail: PersonMail = {
    ...{ v: 1, kind: 'person', id, text, from: { id: who, name: who.toUpperCase() } },
    ...{ route: { channel: 'telegram' }, at: Date.now() },
  };
  await door.conversations.accept(a, mail);
  return mail;
};
const lease = async (a: ActorAddress): Promise<Lease> => {
  const claim = await door.mailbox.claim(a);
  if (typeof claim === 'string') throw new Error(claim);
  return claim;
};
/** The turn of what waits, with an answer. */
const answer = async (a: ActorAddress): Promise<void> => {
  const held = await lease(a);
  const { mail } = held.inbox();
  const turn = held.turn + 1;
  const base = { v: 1 as const, turn, at: 1 };
  const reply: Reply = {
    ...base,
    ...{ id: `r${turn}`, text: 'an answer', answers: mail.map(({ id }) => id), status: 'answered' },
    route: { channel: 'telegram' },
  };
  const asked = mail.map(({ id, text, from }) => ({ ...base, role: 'user' as const, id, text, from }));
  const entries = [...asked, { ...base, role: 'assistant' as const, text: 'an answer' }];
  await held.commit({ take: { mail: mail.length, control: 0 }, turn, reset: false, entries, replies: [reply] });
};
const exported = async (person: Person): Promise<readonly PersonLine[]> => {
  const lines: PersonLine[] = [];
  for await (const line of door.conversations.people.export(person)) lines.push(line);
  return lines;
};
const words = (lines: readonly PersonLine[]): string[] =>
  lines.flatMap((line) => ('entry' in line ? [`${line.conversation}: ${line.entry.text}`] : []));
/** Every value below the deployment's prefix, as text. */
const everything = async (): Promise<string> => {
  const { redis, space } = door;
  let all = '';
  for (const key of await redis.keys(`{${space.namespace}*`)) {
    const type = await redis.type(key);
    if (type === 'list') all += (await redis.lrange(key, 0, -1)).join();
    else if (type === 'hash') all += Object.values(await redis.hgetall(key)).join();
    else if (type === 'stream') all += JSON.stringify(await redis.xrange(key, '-', '+'));
    else if (type === 'zset') all += (await redis.zrange(key, '-inf', '+inf', 'BYSCORE')).join();
    all += `${key}\n`;
  }
  return all;
};

it.each([1, 5])('exports everything of a person and of nobody else, from %i shards', async (shards) => {
  open({ shards });
  await write(at('mine'), 'ada', 'a secret');
  await answer(at('mine'));
  await write(at('mine-too'), 'ada', 'another');
  await write(at('group'), 'ada', 'in the group');
  await write(at('group'), 'bob', 'of bob');
  await answer(at('group'));
  await write(at('bobs'), 'bob', 'alone');
  const lines = await exported(ada);
  expect(words(lines).toSorted()).toEqual(['group: in the group', 'mine: a secret', 'mine: an answer']);
  expect(lines.filter((line) => 'waiting' in line)).toMatchObject([
    { conversation: 'mine-too', waiting: { text: 'another' } },
  ]);
  expect(await exported({ ...ada, channel: 'discord' })).toEqual([]);
  expect(await exported({ ...ada, tenant: 'acme' })).toEqual([]);
});

it('forgets a person: nothing of theirs is left in Redis, and what others wrote is', async () => {
  open();
  await write(at('mine'), 'ada', 'adas-secret-1');
  await answer(at('mine'));
  await write(at('mine'), 'ada', 'adas-secret-2');
  await write(at('group'), 'ada', 'adas-secret-3');
  await write(at('group'), 'bob', 'words of bob');
  await answer(at('group'));
  const held = await lease(at('mine'));
  expect(await door.conversations.people.forget(ada)).toEqual({ forgotten: 1, redacted: 1 });
  expect(await held.renew()).toBeUndefined();
  const all = await everything();
  for (const trace of ['adas-secret', 'ADA', personIn('telegram', 'ada')]) expect(all).not.toContain(trace);
  const group = await door.conversations.transcript(at('group'), { limit: 9 });
  expect(group?.entries.map(({ text }) => text)).toEqual(['[removed]', 'words of bob', 'an answer']);
  expect(await exported(ada)).toEqual([]);
  expect(await door.conversations.people.forget(ada)).toEqual({ forgotten: 0, redacted: 0 });
});

it('exports what stands for older messages and what is on its way, of their own conversations only', async () => {
  open();
  const usage = { inputTokens: 0, outputTokens: 0 };
  for (const [name, who] of [
    ['mine', ['ada']],
    ['group', ['ada', 'bob']],
  ] as const) {
    for (const one of who) await write(at(name), one, `words of ${one}`);
    await answer(at(name));
    await write(at(name), 'ada', 'again');
    const held = await lease(at(name));
    const summary = { v: 1 as const, text: `about ${name}`, until: 1, turn: 2, usage };
    await held.summarise({ summary, commandDone: false, replies: [] });
  }
  const lines = await exported(ada);
  expect(lines.filter((line) => 'summary' in line)).toEqual([{ conversation: 'mine', summary: 'about mine' }]);
  expect(lines.filter((line) => 'reply' in line)).toMatchObject([
    { conversation: 'mine', reply: { text: 'an answer' } },
  ]);
});

it('forgets what a person asked a summary to keep in mind, and their stop; not those of others', async () => {
  open();
  const a = at('group');
  await write(a, 'bob', 'words of bob');
  await write(a, 'ada', 'adas-secret-1');
  await answer(a);
  const ask = async (id: string, who: string, action: 'compact' | 'stop'): Promise<void> => {
    const base = { v: 1, kind: 'control', from: { id: who }, route: { channel: 'telegram' }, at: 1 } as const;
    await door.conversations.control(a, {
      ...base,
      id,
      action,
      ...(action === 'compact' ? { focus: 'adas-secret-2' } : {}),
    });
  };
  await ask('c1', 'ada', 'compact');
  await door.mailbox.claim(a, async (commands) => {
    for (const command of commands) await door.mailbox.obey(a, command, { keep: command.mail });
  });
  expect(await everything()).toContain('adas-secret-2');
  await ask('c2', 'ada', 'stop');
  await ask('c3', 'bob', 'stop');
  await door.conversations.people.forget(ada);
  expect(await everything()).not.toContain('adas-secret');
  expect((await lease(a)).inbox().control.map(({ id }) => id)).toEqual(['c3']);
});

it('knows a person by channel and id: the same id on another channel is somebody else', async () => {
  open();
  const entry = { v: 1 as const, turn: 1, at: 1, role: 'user' as const, id: 'm1', text: 'hello', from: { id: 'ada' } };
  expect(isTheirEntry({ ...entry, channel: 'telegram' }, ada)).toBe(true);
  expect(isTheirEntry({ ...entry, channel: 'discord' }, ada)).toBe(false);
  expect(isTheirEntry(entry, ada)).toBe(true);
  expect(isTheirMail({ from: { id: 'ada' }, route: { channel: 'web' } }, { channel: 'http', id: 'ada' })).toBe(true);
  expect(isTheirMail({ from: { id: 'ada' }, route: { channel: 'discord' } }, ada)).toBe(false);
});

it('takes a person’s words out of a turn that is under way and out of what waits; the others are answered', async () => {
  open();
  const a = at('group');
  await write(a, 'bob', 'words of bob');
  await write(a, 'ada', 'adas-secret-1');
  const before = await lease(a);
  const { mail } = before.inbox();
  const usage = { inputTokens: 0, outputTokens: 0 };
  const journal = { v: 1 as const, turn: 1, step: 1, startedAt: 1, pending: [], toolCalls: 0, usage };
  const entries = mail.map(({ id, text, from }) => ({
    v: 1 as const,
    turn: 1,
    at: 1,
    role: 'user' as const,
    id,
    text,
    from,
  }));
  const answers = mail.map(({ text: _, ...rest }) => rest);
  await before.checkpoint({ ...journal, answers, entries }, { mail: 2, control: 0 });
  await write(a, 'ada', 'adas-secret-2');
  await write(a, 'bob', 'more of bob');
  await door.conversations.people.forget(ada);
  expect(await before.checkpoint({ ...journal, answers, entries }, { mail: 0, control: 0 })).toBe(false);
  const after = await lease(a);
  expect(after.journal?.entries.map(({ text }) => text)).toEqual(['words of bob', '[removed]']);
  expect(after.inbox().mail.map(({ text }) => text)).toEqual(['more of bob']);
  expect(await everything()).not.toContain('adas-secret');
});

it('is not fooled by what a process remembers of a transcript', async () => {
  open();
  await write(at('group'), 'bob', 'words of bob');
  await write(at('group'), 'ada', 'adas-secret');
  await answer(at('group'));
  await door.conversations.people.forget(ada);
  await write(at('group'), 'bob', 'again');
  expect((await lease(at('group'))).history.map(({ text }) => text)).toEqual([
    'words of bob',
    '[removed]',
    'an answer',
  ]);
});

it('finds a person who writes again after they were forgotten', async () => {
  open();
  await write(at('group'), 'bob', 'words of bob');
  await write(at('group'), 'ada', 'old');
  await answer(at('group'));
  await door.conversations.people.forget(ada);
  await write(at('group'), 'ada', 'new');
  await answer(at('group'));
  expect(words(await exported(ada))).toEqual(['group: new']);
});

it('keeps nothing beyond the retention: every key of an idle conversation expires', async () => {
  open({ retention: '1h' });
  const a = at('mine');
  await write(a, 'ada', 'hello');
  await answer(a);
  const held = await write(a, 'ada', 'again').then(() => lease(a));
  const usage = { inputTokens: 0, outputTokens: 0 };
  await held.summarise({ summary: { v: 1, text: 's', until: 1, turn: 1, usage }, commandDone: false, replies: [] });
  await held.commit({ take: { mail: 1, control: 0 }, turn: 2, reset: false, entries: [], replies: [] });
  const base = { v: 1, kind: 'control', from: { id: 'ada' }, route: { channel: 'telegram' }, at: 1 } as const;
  await door.conversations.control(a, { ...base, id: 'c1', action: 'tell', about: 'help' });
  await door.mailbox.claim(a, async (commands) => {
    for (const command of commands) await door.mailbox.obey(a, command, { change: { queueMode: 'steer' } });
  });
  const { redis, space } = door;
  const day = 86_400_000;
  const forever: string[] = [];
  for (const key of await redis.keys(`{${space.namespace}*`)) {
    const left = await redis.pttl(key);
    // What is due and the queues are bounded otherwise; replies wait until they are delivered.
    const bounded = /:due:|:replies:|\}:messages:/.test(key);
    if (!bounded && (left < 0 || left > 3 * day + 3_600_000)) forever.push(`${key} ${left}`);
  }
  expect(forever).toEqual([]);
  expect(await redis.pttl(keys.state(door.mailbox.shards.of(a).tag, 'messages', a))).toBeLessThanOrEqual(3_600_000);
});

it('finds again what a person writes at the very moment of being forgotten, alone and among others', async () => {
  open();
  const { mailbox, conversations } = door;
  await write(at('alone'), 'ada', 'mine');
  await answer(at('alone'));
  await write(at('shared'), 'bob', 'his');
  await write(at('shared'), 'ada', 'hers');
  await answer(at('shared'));
  const redact: typeof mailbox.redact = async (...call) => {
    const done = await mailbox.redact(...call);
    await write(at('shared'), 'ada', 'new, among others');
    return done;
  };
  const forget = async (address: ActorAddress): Promise<boolean> => {
    const done = await conversations.forget(address);
    await write(address, 'ada', 'new, alone');
    return done;
  };
  expect(await openPeople({ ...mailbox, redact }, forget).forget(ada)).toEqual({ forgotten: 1, redacted: 1 });
  const waiting = (await exported(ada)).flatMap((line) => ('waiting' in line ? [line.conversation] : []));
  expect(waiting.toSorted()).toEqual(['alone', 'shared']);
  expect(await conversations.people.forget(ada)).toEqual({ forgotten: 1, redacted: 1 });
  expect(await everything()).not.toMatch(/new, a/);
});

it('an approval is part of what a person has, and ends with it', async () => {
  open({ shards: 2 });
  const pairings = openPairings(door.mailbox.shards);
  const account = { tenant: 'default', account: 'telegram/main' };
  const route = { channel: 'telegram', account: 'main' };
  const from = { id: 'ada', name: 'adas-secret-name' };
  await pairings.ask(account, { v: 1, from, conversation: 'telegram.main.ada', route }, 'K7QW3MXP');
  await pairings.approve('default', 'K7QW3MXP', 'Grace');
  const paired = { ...account, person: 'ada', name: from.name, at: expect.any(Number), by: 'Grace' };
  expect(await exported(ada)).toEqual([{ paired }]);
  await door.conversations.people.forget(ada);
  expect(await pairings.isPaired(account, 'ada')).toBe(false);
  expect(await exported(ada)).toEqual([]);
  expect(await everything()).not.toContain(from.name);
});
