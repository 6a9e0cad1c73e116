import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  eventually,
  type FakeTelegram,
  startFakeTelegram,
  startRedis,
  type TestRedis,
  uniqueNamespace,
} from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startService } from './service-process.js';

let redis: TestRedis;
let home: string;
let platform: FakeTelegram;
let ingresses: ServiceProcess[] = [];
let others: ServiceProcess[] = [];
const patience = { timeoutMs: 30_000 };

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-telegram-'));
  [redis, platform] = await Promise.all([startRedis(), startFakeTelegram()]);
  const config = join(home, 'queueclaw.yaml');
  const settings = { token: platform.token, api_root: platform.url, allow: [4711] };
  await writeFile(
    config,
    JSON.stringify({
      llm: { default: 'demo', models: { demo: { provider: 'demo' } } },
      channels: [{ name: 'telegram', config: settings }],
    }),
  );
  const runner = {
    ...{ REDIS_URL: redis.url, QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config, PORT: '0' },
    QUEUECLAW_NAMESPACE: uniqueNamespace(),
  };
  const env = { ...runner, QUEUECLAW_MAIL_KEY: 'the mail key of this test, long enough' };
  const start = (name: ServiceProcess['name']): Promise<ServiceProcess> => startService(name, env);
  ingresses = await Promise.all([start('ingress'), start('ingress')]);
  others = await Promise.all([start('agent'), startService('tool-runner', runner)]);
}, 90_000);

afterAll(async () => {
  await Promise.all([...ingresses, ...others].map((one) => one.stop()));
  await platform.close();
  await redis.stop();
  await rm(home, { recursive: true, force: true });
});

const texts = (): string[] => platform.sent.map(({ text }) => text);

it('answers a person in Telegram, with a tool', async () => {
  platform.say('run: echo $((40+2))');
  await eventually(() => expect(texts().some((text) => text.includes('42'))).toBe(true), patience);
  expect(platform.sent.every(({ chat, html }) => chat === '4711' && html)).toBe(true);
});

it('lets one replica listen, and another one take over from it when it is killed; each message is answered once', async () => {
  const listens = ({ output }: ServiceProcess): boolean => output().includes('listens to telegram/main');
  await eventually(() => expect(ingresses.filter(listens)).toHaveLength(1), patience);
  const holder = ingresses.find(listens);
  const heir = ingresses.find((one) => one !== holder);
  const before = platform.sent.length;
  for (const number of [1, 2, 3]) platform.say(`before the kill, number ${number}`);
  await holder?.kill();
  for (const number of [4, 5, 6]) platform.say(`after the kill, number ${number}`);
  await eventually(() => expect(heir !== undefined && listens(heir)).toBe(true), patience);
  // Nearby messages may share an answer; each of them is in exactly one.
  const answers = (number: number): number =>
    texts()
      .slice(before)
      .filter((text) => text.includes(`number ${number}`)).length;
  await eventually(() => expect([1, 2, 3, 4, 5, 6].map(answers)).toEqual([1, 1, 1, 1, 1, 1]), patience);
  expect(platform.conflicts()).toBe(0);
}, 60_000);

it('writes the token nowhere', () => {
  for (const one of [...ingresses, ...others]) expect(one.output()).not.toContain(platform.token);
});
