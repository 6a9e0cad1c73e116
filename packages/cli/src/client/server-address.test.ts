import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify } from '../up/process-identity.js';
import { consoleAddress, serverAddress, terminalConversation } from './server-address.js';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'qc-address-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const runs = (start?: string): void => {
  const owner = { pid: process.pid, start: start ?? identify(process.pid)?.start ?? '' };
  mkdirSync(join(home, 'run'), { recursive: true });
  const state = {
    owner,
    children: [],
    health: {},
    chat: 'http://127.0.0.1:18123/',
    console: 'http://127.0.0.1:18124/queues',
  };
  writeFileSync(join(home, 'run', 'up.json'), JSON.stringify(state));
};
const server = async (env: Record<string, string>): Promise<string> =>
  (await serverAddress({ HOME: home, QUEUECLAW_HOME: home, ...env }, home)).base.href;

test('the server is where QUEUECLAW_URL says, else on this machine', async () => {
  expect(await server({})).toBe('http://127.0.0.1:8080/');
  expect(await server({ PORT: '81' })).toBe('http://127.0.0.1:81/');
  expect(await serverAddress({ QUEUECLAW_URL: 'https://claw.example/', QUEUECLAW_TOKEN: 't' }, home)).toMatchObject({
    token: 't',
  });
  await expect(serverAddress({ QUEUECLAW_URL: 'file:///etc' }, home)).rejects.toThrow(/http/);
});

test('a system that runs from this home is found on whatever port it is', async () => {
  runs();
  expect(await server({})).toBe('http://127.0.0.1:18123/');
  expect(await server({ QUEUECLAW_URL: 'http://127.0.0.1:1' })).toBe('http://127.0.0.1:1/');
  expect((await consoleAddress({ HOME: home, QUEUECLAW_HOME: home }, home)).base.href).toBe('http://127.0.0.1:18124/');
});

test('one that died is not, and the hint says what to do', async () => {
  runs('another time');
  expect(await server({})).toBe('http://127.0.0.1:8080/');
  expect((await serverAddress({ HOME: home, QUEUECLAW_HOME: home }, home)).hint).toContain('QUEUECLAW_URL=');
});

test('the home may be named by the configuration', async () => {
  runs();
  writeFileSync(join(home, 'queueclaw.yaml'), `state: { home: ${home} }\n`);
  expect((await serverAddress({ HOME: '/nonexistent' }, home)).base.port).toBe('18123');
});

test('a conversation of its own for each user of a terminal', async () => {
  expect(terminalConversation('ann smith')).toBe('terminal-ann-smith');
});
