import { dayAt, limitsFor, type Standing, standingOf, usageOf, type UsageReport } from '@queueclaw/budgets';
import { type ActorAddress, type MessageStatus, streamChannels, type Usage } from '@queueclaw/contracts';
import { deliverToStreams } from '@queueclaw/mailbox';
import { Config } from '@queueclaw/runtime';
import { eventually, sharedRedis, startRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, nothing, type TestAgents, testAgents, type TestAgentsOptions } from './agent-fixture.js';

let redisUrl: string;
let agents: TestAgents | undefined;

beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(async () => {
  await agents?.close();
  agents = undefined;
});

const a: ActorAddress = { tenant: 'default', conversation: 'c1' };
const person = 'http.ada';
let limits: Config['limits'];

/** Agents whose people have these budgets. */
const open = async (
  budgets: unknown,
  answer: Answer,
  { replicas = 1, ...more }: Partial<TestAgentsOptions> & { replicas?: number } = {},
): Promise<TestAgents> => {
  const config = { ...more.config, limits: { budgets } };
  limits = Config.parse(config).limits;
  agents = await testAgents({ redisUrl, namespace: uniqueNamespace(), answer, ...more, config });
  for (let count = 0; count < replicas; count += 1) await agents.start();
  return agents;
};
const standing = ({ door }: TestAgents): Promise<Standing> =>
  standingOf(door.redis, door.space, limitsFor(limits, 'default'), { ...a, person }, Date.now());
const used = async (all: TestAgents, unit: string): Promise<number | undefined> =>
  (await standing(all)).budgets.find((one) => one.unit === unit)?.used;
const usage = ({ door }: TestAgents, who?: string): Promise<UsageReport> =>
  usageOf(door.redis, door.space, { tenant: 'default', person: who, day: dayAt(Date.now()).name });
const callsTool: Answer = (request) =>
  request.messages.at(-1)?.role === 'tool'
    ? { text: 'the tool says {result}' }
    : { calls: [{ name: 'shell', args: { command: 'date' } }] };

describe('one person who sends 1,000 messages at once', () => {
  it('spends at most the budget, and every message is answered or its person told', async () => {
    const tokens = 120_000;
    let spent = 0;
    let calls = 0;
    const answer: Answer = (request) => {
      calls += 1;
      const each: Usage = { inputTokens: 700, outputTokens: Math.min(request.maxOutputTokens, 300) };
      spent += each.inputTokens + each.outputTokens;
      return { text: 'yes', delay: calls % 3, usage: each };
    };
    const config = { agents: { default: { queue_mode: 'followup' } } };
    const all = await open({ person: { tokens } }, answer, { replicas: 2, config });
    const { door, say } = all;
    const waiting = Array.from({ length: 1_000 }, (_, at) => ({
      address: { tenant: 'default', conversation: `c${at % 100}` },
      id: `m${at}`,
    }));
    await Promise.all(waiting.map(({ address, id }) => say(address, id)));
    const ends: MessageStatus[] = [];
    await eventually(
      async () => {
        const addresses = [...new Map(waiting.map(({ address }) => [address.conversation, address])).values()];
        await deliverToStreams(door.mailbox.shards.of(a), addresses, streamChannels);
        for (const one of waiting.splice(0)) {
          const end = await door.conversations.message('default', one.id, one.address.conversation);
          if (end === undefined || end.status === 'accepted') waiting.push(one);
          else ends.push(end);
        }
        expect(waiting).toEqual([]);
      },
      { timeoutMs: 40_000 },
    );
    expect(spent).toBeLessThanOrEqual(tokens);
    expect(spent).toBeGreaterThan(tokens / 2);
    expect(
      await eventually(async () => {
        const now = await used(all, 'tokens');
        expect(now).toBe(spent);
        return now;
      }),
    ).toBe(spent);
    const told = ends.filter(({ status }) => status === 'failed');
    expect(ends.filter(({ status }) => status === 'answered')).toHaveLength(calls);
    expect(told).toHaveLength(1_000 - calls);
    expect(told.every(({ error, reply }) => error?.code === 'budget.exceeded' && reply?.text.includes('for you'))).toBe(
      true,
    );
  }, 60_000);
});

describe('a budget of tokens', () => {
  it('that is used up says so and when it starts anew, and costs nothing more', async () => {
    const all = await open({ conversation: { turns: 1 }, timezone: 'Asia/Shanghai' }, () => ({ text: 'ok' }));
    await all.say(a, 'm1');
    await all.ended(a, 'm1');
    await all.say(a, 'm2');
    const { status, error, reply } = await all.ended(a, 'm2');
    expect([status, error?.code]).toEqual(['failed', 'budget.exceeded']);
    expect(reply?.text).toContain('The budget of 1 answers a day for this conversation is used up.');
    const left = dayAt(Date.now(), 'Asia/Shanghai').endsAt - Date.now();
    expect(Math.abs((error?.retry_after_ms ?? 0) - left)).toBeLessThan(60_000);
    expect(all.asked).toHaveLength(1);
    expect(await all.leftovers(a)).toEqual(nothing);
  });

  it('hit in the middle of a turn keeps what was done', async () => {
    const answer: Answer = async (request, at) => {
      const step = await callsTool(request, at);
      return at === 0 ? { ...step, usage: { inputTokens: 100_000, outputTokens: 1 } } : step;
    };
    const all = await open({ person: { tokens: 90_000 } }, answer);
    await all.runTools(() => ({ ok: true, text: 'Monday', ms: 1 }));
    await all.say(a, 'm1');
    expect(await all.ended(a, 'm1')).toMatchObject({ status: 'failed', error: { code: 'budget.exceeded' } });
    const transcript = await all.door.conversations.transcript(a, { limit: 10 });
    expect(transcript?.entries.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(all.asked).toHaveLength(1);
    expect(await all.leftovers(a)).toEqual(nothing);
  });

  it('lets a turn wait while another one holds it, and answers then', async () => {
    const gate = Promise.withResolvers<void>();
    const all = await open({ person: { tokens: 6_000 } }, async (_, at) => {
      if (at === 0) await gate.promise;
      return { text: 'ok', usage: { inputTokens: 500, outputTokens: 5 } };
    });
    const other = { ...a, conversation: 'c2' };
    await all.say(a, 'm1');
    await eventually(() => expect(all.asked).toHaveLength(1));
    await all.say(other, 'm2');
    await eventually(async () => expect(await all.leftovers(other)).toMatchObject({ mail: 1, due: 1 }));
    gate.resolve();
    expect((await all.ended(a, 'm1')).status).toBe('answered');
    expect((await all.ended(other, 'm2')).status).toBe('answered');
  });

  it('counts an answer that broke off', async () => {
    const all = await open({ person: { tokens: 100_000 } }, () => ({ text: 'half of an answer', cut: true }));
    await all.say(a, 'm1');
    expect((await all.ended(a, 'm1')).status).toBe('failed');
    await eventually(async () => {
      const tokens = (await used(all, 'tokens')) ?? 0;
      // Not what was reserved, but what was asked and what had arrived.
      expect(tokens).toBeGreaterThan(500);
      expect(tokens).toBeLessThan(8_000);
    });
  });

  it('counts in full what an agent that died had reserved, and the turn once', async () => {
    let died = false;
    const all = await open({ person: { tokens: 100_000, turns: 10 } }, () => ({ text: 'ok' }), {
      broken: () => {
        if (died) return;
        died = true;
        throw new TypeError('as if the process had died');
      },
    });
    await all.say(a, 'm1');
    expect((await all.ended(a, 'm1')).status).toBe('answered');
    expect(await used(all, 'tokens')).toBeGreaterThan(8_192);
    expect(await used(all, 'turns')).toBe(1);
  });
});

it('asks no model while Redis cannot count it, and keeps the answer that is paid', async () => {
  const full = await startRedis();
  try {
    const gate = Promise.withResolvers<void>();
    const answer: Answer = async (request, at) => {
      if (at === 0) await gate.promise;
      return at === 0 ? { calls: [{ name: 'no such tool', args: {} }] } : { text: 'done' };
    };
    const all = await open({ person: { tokens: 100_000 } }, answer, { redisUrl: full.url });
    await all.say(a, 'm1');
    await eventually(() => expect(all.asked).toHaveLength(1));
    await all.door.redis.config('SET', 'maxmemory', '1');
    gate.resolve();
    await eventually(() => expect(all.log.join()).toContain('system.full'));
    expect(all.asked).toHaveLength(1);
    await all.door.redis.config('SET', 'maxmemory', '0');
    expect((await all.ended(a, 'm1')).reply?.text).toBe('done');
    expect(all.asked.map(({ request }) => request.key)).toEqual(['default/c1/1.1', 'default/c1/1.2']);
  } finally {
    await agents?.close();
    agents = undefined;
    await full.stop();
  }
});

describe('a budget of tool calls', () => {
  it('is told to the model, which answers without', async () => {
    const all = await open({ person: { tool_calls: 1 } }, (request, at) =>
      at === 1 ? { text: 'first done' } : callsTool(request, at),
    );
    await all.runTools(() => ({ ok: true, text: 'Monday', ms: 1 }));
    for (const id of ['m1', 'm2']) {
      await all.say(a, id);
      await all.ended(a, id);
    }
    const { reply } = await all.ended(a, 'm2');
    expect(reply?.text).toContain('The call was not made: the budget of tool calls is used up');
    expect(await used(all, 'tool_calls')).toBe(1);
  });
});

describe('usage', () => {
  it('is counted by tenant, person and model without any budget, and no budget is kept', async () => {
    const prices = { scripted: { input: 2, output: 10 } };
    const all = await open({}, callsTool, { config: { llm: { prices } } });
    await all.runTools(() => ({ ok: true, text: 'Monday', ms: 1 }));
    await all.say(a, 'm1');
    await all.ended(a, 'm1');
    await eventually(async () => expect((await usage(all)).total.turns).toBe(1));
    const { total, models, people } = await usage(all);
    expect(total).toMatchObject({ requests: 2, toolCalls: 1, turns: 1 });
    expect(total.costMicros).toBe(total.inputTokens * 2 + total.outputTokens * 10);
    expect(models['scripted']).toMatchObject({ requests: 2, costMicros: total.costMicros });
    expect(people).toEqual([{ person, tokens: total.inputTokens + total.outputTokens }]);
    expect((await usage(all, person)).total).toEqual(total);
    expect(await all.door.redis.keys(`{${all.door.space.namespace}.*:budget:*`)).toEqual([]);
  });
});
