import type { Memory, Schedule } from '@queueclaw/contracts';
import { openMemories, openSchedules, type Schedules } from '@queueclaw/conversations';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { LightMyRequestResponse as Response } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';

const token = 'an-operator-token-for-tests';
const headers = { host: 'localhost:3080', authorization: `Bearer ${token}` };
const hostile = '<script>alert(1)</script>';
const a = { tenant: 'default', conversation: 'telegram.main.7' };
const schedule: Schedule = {
  ...{ v: 1, id: 'abcdef', text: hostile, from: { id: '7' }, route: { channel: 'telegram', account: 'main' } },
  ...{ rule: { kind: 'every', everyMs: 3_600_000 }, at: Date.now(), endsAt: Date.now() + 86_400_000 },
};

let subject: TestConsole;
let schedules: Schedules;

beforeEach(async () => {
  const options = { redisUrl: await sharedRedis(), namespace: uniqueNamespace(), shards: 2 };
  subject = await startTestConsole({ ...options, console: { operators: [{ token, name: 'Grace' }] } });
  schedules = openSchedules(subject.door.mailbox.shards);
  await schedules.add(a, schedule, 10);
});
afterEach(async () => {
  await schedules.close();
  await subject.stop();
});

const ask = (url: string, method: 'GET' | 'POST' = 'GET'): Promise<Response> =>
  subject.inject({ url, method, headers });

it('shows schedules, and pauses, resumes and deletes them, by the page and for programs', async () => {
  const page = (await ask('/schedules')).body;
  expect(page).toContain('action="/schedules/pause?id=abcdef"');
  expect(page).not.toContain('<script');
  expect((await ask('/schedules/pause?id=abcdef', 'POST')).headers.location).toBe('/schedules?done=1');
  expect((await ask('/api/schedules')).json()).toMatchObject({
    schedules: [{ ...a, id: 'abcdef', person: 'telegram/7', paused: true }],
  });
  const resumed = (await ask('/api/schedules/resume?id=abcdef', 'POST')).json<{ schedule: { next: number } }>();
  expect(resumed.schedule.next).toBeGreaterThan(Date.now());
  expect((await ask('/api/schedules/delete?id=abcdef', 'POST')).statusCode).toBe(200);
  expect(await schedules.of(a)).toEqual([]);
  const gone = await ask('/api/schedules/delete?id=abcdef', 'POST');
  expect([gone.statusCode, gone.json()]).toEqual([
    422,
    { error: expect.objectContaining({ code: 'request.invalid' }) },
  ]);
  expect(subject.log.join('')).toContain('a schedule was changed');
});

it('shows what is remembered of a person and in a conversation, and forgets it by the button', async () => {
  const memories = openMemories(subject.door.mailbox.shards, 60_000);
  const memory: Memory = { v: 1, id: 'abcdef', text: hostile, by: 'telegram.7', at: 1 };
  const owner = { tenant: 'default', person: 'telegram.7' };
  await memories.remember(owner, memory, 10);
  await memories.remember(a, { ...memory, text: 'of all' }, 10);
  const page = (await ask('/memories?channel=telegram&person=7')).body;
  expect(page).toContain('alert(1)');
  expect(page).not.toContain('<script');
  expect((await ask(`/api/memories?conversation=${a.conversation}`)).json()).toMatchObject({
    memories: [{ text: 'of all' }],
  });
  const action = /action="(\/memories\/delete[^"]+)"/.exec(page)?.[1] ?? '';
  const url = action.replaceAll('&amp;', '&');
  expect((await ask(url, 'POST')).headers.location).toContain('/memories?');
  expect(await memories.of(owner)).toEqual([]);
  expect((await ask(url, 'POST')).statusCode).toBe(422);
  expect((await ask('/api/memories')).statusCode).toBe(422);
  expect(await memories.of(a)).toHaveLength(1);
});
