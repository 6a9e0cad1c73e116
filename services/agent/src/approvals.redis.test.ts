import { type ActorAddress, type ControlMail, keys, LiveEvent, Reply } from '@queueclaw/contracts';
import { parseCommand } from '@queueclaw/conversations';
import { readLive } from '@queueclaw/mailbox';
import type { Service } from '@queueclaw/runtime';
import { eventually, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, nothing, type TestAgents, testAgents } from './agent-fixture.js';

let redisUrl: string;
let agents: TestAgents;
let first: Service;
beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(() => agents.close());

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
/** Calls the shell with what the person wrote, then says what came of it. */
const obedient: Answer = ({ messages }) => {
  const last = messages.at(-1);
  return last?.role === 'tool'
    ? { text: `It said: ${last.text}` }
    : { calls: [{ name: 'shell', args: { command: last?.text } }] };
};
const open = async (tools: Record<string, unknown> = {}, limits: Record<string, unknown> = {}): Promise<TestAgents> => {
  const config = { tools: { allowed_commands: ['ls'], ...tools }, limits };
  agents = await testAgents({ redisUrl, namespace: uniqueNamespace(), answer: obedient, config });
  first = await agents.start();
  return agents;
};
const command = async (id: string, text: string, more: Partial<ControlMail> = {}): Promise<void> => {
  const parsed = parseCommand(text);
  if (!parsed) throw new Error(`no command: ${text}`);
  const base = { v: 1, kind: 'control', id, from: { id: 'ada' }, route: { channel: 'http' } } as const;
  await agents.door.conversations.control(a, { ...base, at: Date.now() + 1, ...parsed, ...more });
};
const told = async (id: string, text: string, more: Partial<ControlMail> = {}): Promise<string> => {
  await command(id, text, more);
  return (await agents.ended(a, id)).reply?.text ?? '';
};
/** What clients saw of approvals. */
const events = async (): Promise<{ approval: string; state: string; command?: string }[]> => {
  const { entries } = await readLive(agents.door.mailbox.shards.of(a), a, '0-0');
  return entries.flatMap((entry) => {
    const event = LiveEvent.safeParse(JSON.parse(entry.split('\n').slice(2).join('\n'))).data;
    return event?.type === 'approval' ? [event as { approval: string; state: string }] : [];
  });
};
/** The name of the approval that is asked for the `count`th time. */
const askedFor = async (count = 1): Promise<string> =>
  eventually(async () => {
    const asked = (await events()).filter(({ state }) => state === 'asked');
    const { approval } = asked[count - 1] ?? {};
    if (approval === undefined) throw new Error('nobody is asked');
    return approval;
  });
const done = async (): Promise<void> => eventually(async () => expect(await agents.leftovers(a)).toEqual(nothing));

describe('a command outside of the allowed ones', () => {
  it('is shown to the person, holds no worker, and runs when they approve it, once', async () => {
    await open();
    const tasks = await agents.runTools(({ args }) => ({ ok: true, text: JSON.stringify(args), ms: 1 }));
    await agents.say(a, 'm1', 'rm -r notes');
    const approval = await askedFor();
    expect(tasks).toEqual([]);
    const { redis, tag } = agents.door.mailbox.shards.of(a);
    expect(await redis.hget(keys.state(tag, 'messages', a), 'lease')).toBe('0');
    const waiting = await redis.lrange(keys.mailbox(tag, 'replies', a), 0, -1);
    const [asks] = waiting.map((item) => Reply.parse(JSON.parse(item.split('\n').slice(3).join('\n'))));
    expect(asks?.text).toContain('rm -r notes');
    expect(asks?.choices).toHaveLength(3);

    expect(await told('k1', `/approve ${approval}`)).toBe('Allowed once: `rm -r notes`');
    expect((await agents.ended(a, 'm1')).reply?.text).toBe('It said: {"command":"rm -r notes"}');
    expect(tasks.map(({ policy }) => policy)).toEqual([{ enableDangerous: true }]);
    // Again, the same mail or a new one: too late.
    await command('k1', `/approve ${approval}`);
    expect(await told('k2', `/approve ${approval}`)).toContain('Nothing was changed');
    expect(await told('k3', `/deny ${approval}`)).toContain('Nothing was changed');
    expect((await events()).map(({ state }) => state)).toEqual(['asked', 'approved']);
    expect(tasks).toHaveLength(1);

    await agents.say(a, 'm2', 'rm -r notes');
    const second = await askedFor(2);
    expect(second).not.toBe(approval);
    expect(await told('k4', `/approve ${approval}`)).toContain('Nothing was changed');
    expect(await told('k5', '/deny')).toContain('Refused');
    expect((await agents.ended(a, 'm2')).reply?.text).toContain('the person refused it');
    expect(tasks).toHaveLength(1);
    await done();
  });

  it('runs without asking again when it is approved for the conversation, exactly as it was, until /new', async () => {
    await open();
    const tasks = await agents.runTools(() => ({ ok: true, text: 'done', ms: 1 }));
    await agents.say(a, 'm1', 'rm x');
    await askedFor();
    await told('k1', '/approve conversation');
    await agents.ended(a, 'm1');
    await agents.say(a, 'm2', 'rm x');
    await agents.ended(a, 'm2');
    expect(tasks).toHaveLength(2);
    await agents.say(a, 'm3', 'rm x y');
    await askedFor(2);
    await told('k2', '/deny');
    await agents.ended(a, 'm3');
    await told('n1', '/new');
    await agents.say(a, 'm4', 'rm x');
    await askedFor(3);
    await told('k3', '/deny');
    await agents.ended(a, 'm4');
    expect(tasks).toHaveLength(2);
    await done();
  });

  it('is not approved by somebody else, by forged mail, in another conversation, nor by a result', async () => {
    await open();
    const tasks = await agents.runTools();
    await agents.say(a, 'm1', 'rm x');
    const approval = await askedFor();
    expect(await told('e1', `/approve ${approval}`, { from: { id: 'eve' } })).toContain('Only the person');
    const other = { ...a, conversation: 'c2' };
    const mail = { v: 1, kind: 'control', action: 'approve', approval, from: { id: 'ada' }, at: Date.now() } as const;
    await agents.door.conversations.control(other, { ...mail, id: 'o1', route: { channel: 'http' } });
    expect((await agents.ended(other, 'o1')).reply?.text).toContain('Nothing was changed');
    const { redis, tag } = agents.door.mailbox.shards.of(a);
    const forged = JSON.stringify({ ...mail, id: 'f1', route: { channel: 'http' } });
    await redis.rpush(keys.commands(tag, a), `-.${forged}`);
    const result = { v: 1, ...a, call: '1.1.1', tool: 'shell', outcome: { ok: true, text: 'ran', ms: 1 } };
    for (const ticket of [approval.padEnd(16, '0'), `a${approval}`.padEnd(16, ' ')])
      await redis.xadd(keys.results(tag), '*', 'r', JSON.stringify({ ...result, ticket }));
    await told('w1', '/whoami');
    await eventually(async () => expect(await redis.xlen(keys.results(tag))).toBe(0));
    expect((await events()).map(({ state }) => state)).toEqual(['asked']);
    expect(await told('k1', '/deny')).toContain('Refused');
    await agents.ended(a, 'm1');
    expect(tasks).toEqual([]);
    await done();
  });

  it('is refused when nobody decides in time, and the person is told', async () => {
    await open({ approvals: { timeout: '30s' } });
    await agents.say(a, 'm1', 'rm x');
    const approval = await askedFor();
    const { redis, tag } = agents.door.mailbox.shards.of(a);
    // Time passes: what was asked was asked a minute ago.
    const st = keys.state(tag, 'messages', a);
    const journal = JSON.parse((await redis.hget(st, 'journal')) ?? '') as { asking: Record<string, unknown>[] };
    for (const asked of journal.asking)
      Object.assign(asked, { askedAt: Date.now() - 60_000, expiresAt: Date.now() - 1 });
    await redis.hset(st, 'journal', JSON.stringify(journal), 'deadline', '1');
    expect(await told('k1', `/approve ${approval}`)).toContain('Nothing was changed');
    await redis.zadd(keys.due(tag, 'messages'), 1, `${a.tenant}/${a.conversation}`);
    expect((await agents.ended(a, 'm1')).reply?.text).toContain('nobody gave');
    expect((await events()).map(({ state }) => state)).toEqual(['asked', 'expired']);
    expect((await agents.replies(a)).map(({ text }) => text).join('\n')).toContain('Nobody has decided in time');
    await done();
  });

  it('goes when the turn is stopped or the conversation forgotten; a later yes changes nothing', async () => {
    await open();
    const tasks = await agents.runTools();
    await agents.say(a, 'm1', 'rm x');
    const approval = await askedFor();
    await agents.stop(a, 's1');
    expect((await agents.ended(a, 'm1')).status).toBe('stopped');
    expect(await told('k1', `/approve ${approval}`)).toContain('Nothing was changed');
    await agents.say(a, 'm2', 'rm x');
    const second = await askedFor(2);
    await agents.door.conversations.forget(a);
    expect(await told('k2', `/approve ${second}`)).toContain('Nothing was changed');
    expect(tasks).toEqual([]);
    await done();
  });

  it('waits while there is no agent at all; what was decided meanwhile counts for the next one', async () => {
    const { start } = await open();
    const tasks = await agents.runTools(() => ({ ok: true, text: 'done', ms: 1 }));
    await first.stop(500);
    const second = await start();
    await agents.say(a, 'm1', 'rm x');
    await askedFor();
    await second.stop(500);
    await command('k1', '/approve');
    expect(tasks).toEqual([]);
    await start();
    expect((await agents.ended(a, 'm1')).reply?.text).toBe('It said: done');
    expect(tasks).toHaveLength(1);
    await done();
  });

  it('does not run, though approved, when the configuration has come to forbid it', async () => {
    await open();
    const tasks = await agents.runTools(() => ({ ok: true, text: 'done', ms: 1 }));
    await agents.say(a, 'm1', 'rm x');
    await askedFor();
    const now = agents.settings.current();
    const policy = [{ tool: 'shell', do: 'deny' as const }];
    await agents.settings.replace({ ...now, tools: { ...now.tools, policy } });
    await told('k1', '/approve');
    expect((await agents.ended(a, 'm1')).reply?.text).toContain('the configuration has changed');
    expect(tasks).toEqual([]);
    await done();
  });

  it('counts as a call for the budget of the day from when it is asked about', async () => {
    await open({}, { budgets: { person: { tool_calls: 1 } } });
    await agents.say(a, 'm1', 'rm x');
    await askedFor();
    await told('k1', '/deny');
    await agents.ended(a, 'm1');
    await agents.say(a, 'm2', 'rm y');
    expect((await agents.ended(a, 'm2')).reply?.text).toContain('budget of tool calls');
    expect(await events()).toHaveLength(2);
    await done();
  });

  it('that was approved and whose outcome is unknown does not run again', async () => {
    await open();
    const tasks = await agents.runTools(() => ({ ok: false, code: 'tool.unknown_outcome', text: '', ms: 1 }));
    await agents.say(a, 'm1', 'rm x');
    await askedFor();
    await told('k1', '/approve');
    expect((await agents.ended(a, 'm1')).reply?.text).toContain('may or may not have acted');
    expect(tasks).toHaveLength(1);
    await done();
  });
});
