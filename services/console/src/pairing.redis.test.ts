import type { PairingRequest } from '@queueclaw/contracts';
import { claimOutbox, openPairings, type Pairings } from '@queueclaw/mailbox';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { LightMyRequestResponse as Response } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';

const token = 'an-operator-token-for-tests';
const headers = { host: 'localhost:3080', authorization: `Bearer ${token}` };
const main = { tenant: 'default', account: 'telegram/main' };
const hostile = '<script>alert(1)</script>';
const request: PairingRequest = {
  ...{ v: 1, from: { id: 'room@x/"7"&', name: hostile }, conversation: 'telegram.main.7', language: 'en' },
  route: { channel: 'telegram', account: 'main', address: { chat: '7' } },
};

let subject: TestConsole;
let pairings: Pairings;

beforeEach(async () => {
  const options = { redisUrl: await sharedRedis(), namespace: uniqueNamespace(), shards: 2 };
  subject = await startTestConsole({ ...options, console: { operators: [{ token, name: 'Grace' }] } });
  pairings = openPairings(subject.door.mailbox.shards);
  await pairings.ask(main, request, 'K7QW3MXP');
});
afterEach(() => subject.stop());

const ask = (url: string, method: 'GET' | 'POST' = 'GET'): Promise<Response> =>
  subject.inject({ url, method, headers });

it('shows who waits and approves them by a code as people write it; they are told', async () => {
  const page = (await ask('/pairing')).body;
  expect(page).toContain('action="/pairing/approve?code=K7QW3MXP"');
  expect(page).not.toContain('<script');
  const { conversation } = request;
  const reply = await ask('/api/pairings/approve?code=k7qw-3mxp', 'POST');
  const approved = { ...main, person: request.from.id, name: hostile };
  expect(reply.json()).toEqual({ approved });
  expect(await pairings.isPaired(main, request.from.id)).toBe(true);
  const address = { tenant: 'default', conversation };
  expect(await claimOutbox(subject.door.mailbox.shards.of(address), address)).toMatchObject({
    reply: { text: 'You can write to me now.' },
  });
  expect((await ask('/api/pairings')).json()).toMatchObject({ waiting: [], people: [{ ...approved, by: 'Grace' }] });
  expect(subject.log.join('')).toContain('a person was approved');
});

it('takes it back by the button on the page, once', async () => {
  await pairings.approve('default', 'K7QW3MXP', 'Grace');
  const action = /action="(\/pairing\/revoke[^"]+)"/.exec((await ask('/pairing')).body)?.[1] ?? '';
  const url = action.replaceAll('&amp;', '&');
  expect((await ask(url, 'POST')).headers.location).toBe('/pairing?done=revoke');
  expect(await pairings.isPaired(main, request.from.id)).toBe(false);
  expect((await ask(url, 'POST')).json()).toMatchObject({ error: { code: 'pairing.not_found' } });
});

it.each([
  ['approve?code=WRONG', 404, 'pairing.not_found'],
  ['approve', 422, 'request.invalid'],
  ['revoke?account=telegram/main', 422, 'request.invalid'],
  [`revoke?account=x&person=${'y'.repeat(300)}`, 422, 'request.invalid'],
] as const)('says what is wrong with %s', async (what, status, code) => {
  const reply = await ask(`/api/pairings/${what}`, 'POST');
  expect([reply.statusCode, reply.json()]).toEqual([status, { error: expect.objectContaining({ code }) }]);
});
