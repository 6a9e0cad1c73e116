import { type ActorAddress, keys, type Memory, type PersonMail } from '@queueclaw/contracts';
import { type Memories, openMemories, type PersonLine } from '@queueclaw/conversations';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Answer, nothing, type TestAgents, testAgents } from './agent-fixture.js';

let redisUrl: string;
let agents: TestAgents;
let memories: Memories;

beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(() => agents.close());

const a: ActorAddress = { tenant: 'default', conversation: 'telegram.main.7' };
const ada = { tenant: 'default', person: 'telegram.ada' };
const open = async (answer: Answer, memory: Record<string, unknown> = {}): Promise<void> => {
  agents = await testAgents({ redisUrl, namespace: uniqueNamespace(), answer, config: { memory } });
  memories = openMemories(agents.door.mailbox.shards, 60_000);
  await agents.start();
  await agents.start();
};
const fact = (id: string, text: string, at: number, by = 'telegram.ada'): Memory => ({ v: 1, id, text, by, at });

/** `tool {…}` calls it; anything else is answered with what the tool said. */
const obedient: Answer = ({ messages }) => {
  const { role, text = '' } = messages.at(-1) ?? { role: 'user' };
  const [, name = '', args = '{}'] = /(\w+) (\{.*\})$/s.exec(text) ?? [];
  return role === 'tool' || name === '' ? { text } : { calls: [{ name, args: JSON.parse(args) as object }] };
};
const linesOf = async (lines: AsyncIterable<PersonLine>): Promise<readonly PersonLine[]> => {
  const all: PersonLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
};
let count = 0;
const mail = (text: string, more: Partial<PersonMail> = {}): PersonMail => ({
  ...{ v: 1, kind: 'person', id: `m${(count += 1)}`, text, from: { id: 'ada' }, at: Date.now() },
  ...{ route: { channel: 'telegram', account: 'main', address: { chat: '7' } } },
  ...more,
});
/** What the assistant answers; replies to a platform stay in the outbox. */
const ask = async (text: string, more: Partial<PersonMail> = {}, address = a): Promise<string> => {
  const sent = mail(text, more);
  await agents.door.conversations.accept(address, sent);
  const { redis, tag } = agents.door.mailbox.shards.of(address);
  return eventually(async () => {
    const items = await redis.lrange(keys.mailbox(tag, 'replies', address), 0, -1);
    const found = items.map(
      (item) => JSON.parse(item.split('\n').slice(3).join('\n')) as { answers: string[]; text: string },
    );
    const reply = found.find(({ answers }) => answers.includes(sent.id));
    if (!reply) throw new Error(`${sent.id} has no answer`);
    return reply.text;
  });
};

it('remembers a person where they are alone with it, finds it by words in English and Chinese, and forgets it', async () => {
  await open(obedient);
  expect(await ask('remember {"text":"小明对花生过敏。"}')).toMatch(/^Remembered for the person as [0-9a-f]{12}\.$/);
  await ask('remember {"text":"Her sister plays two violins."}');
  await ask('remember {"text":"下个月搬到上海。"}');
  const elsewhere = { ...a, conversation: 'telegram.main.7.2' };
  expect(await ask('recall {"query":"她对什么过敏？"}', {}, elsewhere)).toMatch(
    /^[0-9a-f]{12} \([\d-]+\): 小明对花生过敏。$/,
  );
  expect(await ask('recall {"query":"Violin!"}')).toContain('two violins');
  expect(await ask('recall {"query":"quantum"}')).toBe('Nothing of it is remembered; 3 other things are.');
  const id = (await memories.of(ada))[0]?.id ?? '';
  expect(await ask(`forget {"id":"${id}"}`)).toBe(`${id} is forgotten.`);
  expect(await memories.of(ada)).toHaveLength(2);
  const { results: _, ...rest } = nothing;
  await eventually(async () => expect(await agents.leftovers(a)).toMatchObject(rest));
});

it('keeps what concerns a person out of groups, of the HTTP API and of others', async () => {
  await open(obedient);
  await memories.remember(ada, fact('adas', 'Ada is afraid of spiders', 1), 10);
  const group = { ...a, conversation: 'telegram.main.-1' };
  const said = await ask('remember {"text":"The meeting is on Mondays","scope":"person"}', { group: true }, group);
  expect(said).toContain('in this conversation');
  expect(await ask('recall {}', { group: true }, group)).not.toContain('spiders');
  expect(await ask('recall {}', { from: { id: 'bob' } }, { ...a, conversation: 'telegram.main.8' })).not.toContain(
    'spiders',
  );
  await agents.say({ ...a, conversation: 'api' }, 'h1', 'recall {}');
  expect((await agents.ended({ ...a, conversation: 'api' }, 'h1')).reply?.text).not.toContain('spiders');
  expect(await ask('recall {}')).toContain('spiders');
  const seen = agents.asked
    .map(({ request }) => JSON.stringify(request.messages))
    .filter((text) => text.includes('spiders'));
  expect(seen).toHaveLength(2);
});

it('brings along what fits and has to do with the question, after the history, the same in the same order', async () => {
  await open(obedient, { tokens: 60 });
  await memories.remember(ada, fact('first', '小明对花生过敏', 1), 10);
  for (const at of [2, 3, 4, 5, 6, 7, 8, 9])
    await memories.remember(ada, fact(`more${at}`, `something of no importance, number ${at}, at length`, at), 20);
  await ask('hello');
  await ask('花生可以吃吗');
  const [, second] = agents.asked.map(({ request }) => request.messages.map(({ text }) => text));
  expect(second?.slice(0, 2)).toEqual(['hello', 'hello']);
  expect(second?.[2]).toMatch(/^\[What you were told.*\]\n- 小明对花生过敏\n- something of no importance, number 9/);
  expect(second?.[3]).toBe('花生可以吃吗');
  expect(second).toHaveLength(4);
});

it('is bounded, remembers once however often the call is run, and goes and is exported with its person and conversation', async () => {
  await open(obedient, { entries: 2 });
  await ask('remember {"text":"one"}');
  const [first] = await memories.of(ada);
  if (first) expect(await memories.remember(ada, { ...first, text: 'another' }, 2)).toBe('there');
  await ask('remember {"text":"two","scope":"conversation"}');
  await ask('remember {"text":"three"}');
  expect(await ask('remember {"text":"four"}')).toContain('2 things are remembered already');
  const group = { ...a, conversation: 'telegram.main.-1' };
  await ask('remember {"text":"of ada"}', { group: true }, group);
  await ask('remember {"text":"of bob"}', { group: true, from: { id: 'bob' } }, group);
  await ask('schedule {"action":"create","text":"stretch","every":"1h"}', { group: true }, group);
  const { people } = agents.door.conversations;
  const person = { tenant: 'default', channel: 'telegram', id: 'ada' };
  const lines = await linesOf(people.export(person));
  const remembered = lines.flatMap((line) => ('memory' in line ? [line.memory.text] : []));
  expect(remembered.toSorted()).toEqual(['of ada', 'one', 'three', 'two']);
  expect(lines.flatMap((line) => ('schedule' in line ? [line.schedule.text] : []))).toEqual(['stretch']);
  await people.forget(person);
  expect([...(await memories.of(ada)), ...(await memories.of(a))]).toEqual([]);
  expect((await memories.of(group)).map(({ text }) => text)).toEqual(['of bob']);
  expect(await linesOf(people.export(person))).toEqual([]);
  const { redis, tag } = agents.door.mailbox.shards.of(a);
  expect(await redis.exists(keys.scheduled(tag, 'default'))).toBe(0);
});

it('lists and reads the other conversations of a person, not those of others, of groups or of the HTTP API', async () => {
  await open(obedient);
  const other = { ...a, conversation: 'telegram.main.7.2' };
  await ask('the code of the door is 1234', {}, other);
  await ask('hello all', { group: true }, { ...a, conversation: 'telegram.main.-1' });
  await ask('hello from bob', { group: true, from: { id: 'bob' } }, { ...a, conversation: 'telegram.main.-1' });
  await ask('of bob', { from: { id: 'bob' } }, { ...a, conversation: 'telegram.main.8' });
  expect(await ask('conversations {}')).toMatch(
    /^telegram\.main\.(7\.2|-1), .*\ntelegram\.main\.(7\.2|-1), last written on [\d-]+$/,
  );
  expect(await ask('conversations {"read":"telegram.main.7.2"}')).toContain('user: the code of the door is 1234\nyou:');
  expect(await ask('conversations {"read":"telegram.main.-1"}')).toBe('Others write there, too.');
  expect(await ask('conversations {"read":"telegram.main.8"}')).toContain('no other conversation');
  expect(await ask('conversations {}', { group: true }, { ...a, conversation: 'telegram.main.-2' })).toContain('alone');
});
