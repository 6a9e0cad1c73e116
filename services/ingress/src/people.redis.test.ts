import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

let redisUrl: string;
let it: TestIngress;

beforeAll(async () => {
  redisUrl = await sharedRedis();
});
afterEach(() => it.stop());

const [chat, operator] = ['the-token-of-a-person-1', 'the-token-of-operators'];
const tokens = [
  { token: chat, tenant: 'acme' },
  { token: operator, tenant: 'acme', scopes: ['operate'] },
];
const as = (token: string): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
});
const address = { tenant: 'acme', conversation: 'c1' };
const start = async (): Promise<void> => {
  it = await startTestIngress({ redisUrl, namespace: uniqueNamespace(), config: { server: { tokens } } });
};
const post = (text: string, id: string, query = ''): Promise<Response> =>
  fetch(`${it.url}/api/message${query}`, {
    method: 'POST',
    headers: as(chat),
    body: JSON.stringify({ conversation: 'c1', text, id }),
  });

test('operators export what a person has and have it forgotten; nobody else can', async () => {
  await start();
  await post('a secret', 'm1');
  const { mail } = (await it.claim(address)).inbox();
  const id = mail[0]?.from.id ?? '';
  const person = `${it.url}/api/people/http/${id}`;
  expect((await fetch(`${person}/export`, { headers: as(chat) })).status).toBe(403);
  expect((await fetch(person, { method: 'DELETE', headers: { authorization: `Bearer ${chat}` } })).status).toBe(403);
  const exported = await fetch(`${person}/export`, { headers: as(operator) });
  expect(exported.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
  expect(JSON.parse(await exported.text())).toMatchObject({ conversation: 'c1', waiting: { text: 'a secret' } });
  const forget = (): Promise<Response> =>
    fetch(person, { method: 'DELETE', headers: { authorization: `Bearer ${operator}` } });
  expect(await (await forget()).json()).toEqual({ forgotten: 1, redacted: 0 });
  expect(await (await forget()).json()).toEqual({ forgotten: 0, redacted: 0 });
  expect(await (await fetch(`${person}/export`, { headers: as(operator) })).text()).toBe('');
  expect((await fetch(`${it.url}/api/messages/m1`, { headers: as(chat) })).status).toBe(404);
});

test('a command is no message: it waits beside them, once under its id; an unknown one is text', async () => {
  await start();
  expect((await post('/status', 'k1')).status).toBe(202);
  expect((await post('/status', 'k1')).status).toBe(202);
  expect((await post('/help', 'k1')).status).toBe(409);
  await post('/etc/hosts is wrong', 'm1');
  const commands: (string | undefined)[] = [];
  const lease = await it.door.mailbox.claim(address, async (waiting) => {
    for (const command of waiting) {
      commands.push(command.mail?.about);
      await it.door.mailbox.obey(address, command, {});
    }
  });
  expect(commands).toEqual(['status']);
  if (typeof lease === 'string') throw new Error(lease);
  expect(lease.inbox().mail.map(({ text, route }) => [text, route.markdown])).toEqual([
    ['/etc/hosts is wrong', 'full'],
  ]);
});
