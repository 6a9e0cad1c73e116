import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { channelsStatusCommand } from './channels-status.js';

let home: string;
let fleet: Server;
let answer: { status: number; body: unknown };
let output = '';

beforeEach(async () => {
  output = '';
  home = await mkdtemp(join(tmpdir(), 'queueclaw-status-'));
  fleet = createServer((_request, response) => void response.writeHead(answer.status).end(JSON.stringify(answer.body)));
  fleet.listen(0, '127.0.0.1');
  await once(fleet, 'listening');
  vi.stubEnv('QUEUECLAW_HOME', home);
  vi.stubEnv('QUEUECLAW_CONSOLE_URL', `http://127.0.0.1:${(fleet.address() as AddressInfo).port}`);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  fleet.close();
  fleet.closeAllConnections();
  await rm(home, { recursive: true, force: true });
});

/** Its exit code, with these channels. */
async function status(json = false): Promise<number> {
  const channels = [{ name: 'telegram' }, { name: 'xmpp' }, { name: 'slack' }, { name: 'discord', enable: false }];
  const config = join(home, 'queueclaw.yaml');
  await writeFile(config, JSON.stringify({ channels }));
  return channelsStatusCommand({ config, json });
}
const since = Date.UTC(2026, 10, 23, 6);
const held = (channel: string, more: object = {}): object => ({
  ...{ channel, account: 'main', tenant: 'default', enabled: true },
  holder: { who: 'replica-2/17', since, ...more },
});

test('tells which replica of a fleet holds which connection, and ends with 1 when one has trouble', async () => {
  const trouble = 'XMPP: not-authorized.';
  answer = {
    status: 200,
    body: { channels: [held('telegram'), held('xmpp', { trouble }), { channel: 'slack', account: 'main' }] },
  };
  expect(await status()).toBe(1);
  const [telegram, xmpp, slack, discord] = output.split('\n');
  expect(telegram).toMatch(/^telegram\/main +connected +held by replica-2\/17 since 2026-11-2\d /);
  expect(xmpp).toMatch(/^xmpp\/main +trouble +held by replica-2\/17 .*XMPP: not-authorized\.$/);
  expect(slack).toMatch(/^slack\/main +not running$/);
  expect(discord).toMatch(/^discord\/main +disabled$/);
});

test('gives programs the same, and needs no console', async () => {
  answer = { status: 200, body: { channels: [held('telegram')] } };
  expect(await status(true)).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    channels: [
      { channel: 'telegram', state: 'connected', holder: { who: 'replica-2/17', since } },
      { channel: 'xmpp' },
      {},
      {},
    ],
  });
  output = '';
  answer = { status: 401, body: { error: { code: 'auth.required', message: 'no' } } };
  expect(await status()).toBe(0);
  expect(output).toMatch(/^telegram\/main +not running$/m);
});
