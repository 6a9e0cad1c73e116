import type { Reply } from '@queueclaw/contracts';
import { type FakeWhatsApp, startFakeWhatsApp } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection } from '../contract.js';
import { renderReply } from '../render-reply.js';
import { WhatsAppConfig } from './config.js';
import { connect } from './connect.js';
import { whatsapp } from './index.js';
import { render } from './render.js';

let platform: FakeWhatsApp;
let connection: Connection;
const { signal } = new AbortController();

beforeAll(async () => {
  platform = await startFakeWhatsApp();
  const config = WhatsAppConfig.parse({
    ...{ phone_number_id: platform.number, access_token: platform.token, app_secret: platform.secret },
    ...{ verify_token: 'a word of ours', api_root: platform.url },
  });
  connection = await connect(config, {
    account: 'main',
    signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: () => undefined,
    receive: async () => undefined,
  });
});
afterAll(() => platform.close());

const route = { channel: 'whatsapp', account: 'main', address: { to: '16505551234' } };
async function offer(labels: readonly string[]): Promise<FakeWhatsApp['sent'][number] | undefined> {
  const choices = labels.map((label) => ({ label, text: `/model ${label}` }));
  const reply: Reply = {
    v: 1,
    id: 'r1',
    turn: 0,
    text: 'Which?',
    answers: [],
    status: 'answered',
    route,
    at: 0,
    choices,
  };
  for (const out of renderReply(whatsapp, { render }, reply)) await connection.send?.(out, route, 'key', signal);
  return platform.sent.at(-1);
}

it('shows up to three choices as buttons, and more of them, or long ones, as lines', async () => {
  const three = await offer(['fast', 'clever', 'default']);
  expect(three?.buttons?.map(({ id, title }) => [id, title])).toContainEqual(['/model clever', 'clever']);
  const four = await offer(['fast', 'clever', 'slow', 'default']);
  expect(four).toEqual({ to: '16505551234', text: expect.stringContaining('4. /model default') });
  expect((await offer(['a-name-of-more-than-twenty-signs']))?.buttons).toBeUndefined();
});

it('says for operators which number it is', () => expect(connection.title).toBe('+1 650 555 1111, Claw'));
