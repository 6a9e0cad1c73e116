import type { ActorAddress, Journal } from '@queueclaw/contracts';
import { keys } from '@queueclaw/contracts';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { LightMyRequestResponse as Response } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';

const token = 'an-operator-token-for-tests';
const headers = { host: 'localhost:3080', authorization: `Bearer ${token}` };
const a: ActorAddress = { tenant: 'default', conversation: 'telegram.main.7' };
const approval = '0123456789';
const at = Date.now();
const journal: Journal = {
  ...{ v: 1, turn: 1, step: 1, startedAt: at, entries: [], pending: [], toolCalls: 1 },
  usage: { inputTokens: 1, outputTokens: 1 },
  answers: [{ v: 1, kind: 'person', id: 'm1', from: { id: '7' }, route: { channel: 'telegram', account: 'main' }, at }],
  asking: [
    {
      ...{ call: '1.1.1', name: 'shell', args: { command: 'rm <b>x</b>\u202e' }, approval, binding: 'a'.repeat(64) },
      ...{ askedAt: at, expiresAt: at + 600_000 },
    },
  ],
};

let subject: TestConsole;
beforeEach(async () => {
  const options = { redisUrl: await sharedRedis(), namespace: uniqueNamespace(), shards: 2 };
  subject = await startTestConsole({ ...options, console: { operators: [{ token, name: 'Grace' }] } });
  const { mailbox } = subject.door;
  const mail = {
    v: 1,
    kind: 'person',
    text: 'x',
    id: 'm1',
    from: { id: '7' },
    route: { channel: 'telegram' },
  } as const;
  await mailbox.ingest(a, { ...mail, at });
  const lease = await mailbox.claim(a);
  if (typeof lease === 'string') throw new Error(lease);
  await lease.suspend(journal, { mail: 1, control: 0 }, at + 600_000, []);
});
afterEach(() => subject.stop());

const ask = (url: string, method: 'GET' | 'POST' = 'GET'): Promise<Response> =>
  subject.inject({ url, method, headers });
const commands = async (): Promise<string[]> => {
  const { tag, redis } = subject.door.mailbox.shards.of(a);
  return redis.lrange(keys.commands(tag, a), 0, -1);
};

it('shows what waits for a person, as it is, and sends an operator’s decision to the conversation', async () => {
  const page = (await ask('/approvals')).body;
  expect(page).toContain('rm &lt;b&gt;x&lt;/b&gt;\\u{202e}');
  expect(page).toContain(`action="/approvals/approve?approval=${approval}"`);
  expect((await ask('/api/approvals')).json()).toMatchObject({
    approvals: [{ ...a, approval, person: 'telegram/7', tool: 'shell' }],
  });
  expect((await ask(`/approvals/deny?approval=${approval}`, 'POST')).headers.location).toBe('/approvals?done=1');
  expect((await ask(`/api/approvals/always?approval=${approval}`, 'POST')).statusCode).toBe(200);
  const [deny, always] = await commands();
  expect(deny).toContain('"action":"deny"');
  for (const part of ['"action":"approve"', `"approval":"${approval}"`, '"scope":"conversation"', '"operator":true'])
    expect(always).toContain(part);
  expect(subject.log.join('')).toContain('an operator decided on a call');
});

it('says so when nothing of this name waits, and sends nothing', async () => {
  for (const name of ['ffffffffff', 'x', '']) {
    const refused = await ask(`/api/approvals/approve?approval=${name}`, 'POST');
    expect([refused.statusCode, refused.json<{ error: { code: string } }>().error.code]).toEqual([
      ...[422, 'request.invalid'],
    ]);
  }
  expect(await commands()).toEqual([]);
});
