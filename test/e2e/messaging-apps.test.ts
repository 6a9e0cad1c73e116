import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aclRules } from '@queueclaw/runtime/settings';
import {
  eventually,
  type FakeDiscord,
  type FakeSlack,
  type FakeTelegram,
  type FakeWeComApp,
  type FakeWeComBot,
  openXmppPerson,
  type Prosody,
  redisAs,
  refusals,
  startFakeDiscord,
  startFakeSlack,
  startFakeTelegram,
  startFakeWeComApp,
  startFakeWeComBot,
  startProsody,
  startRedis,
  type TestRedis,
  uniqueNamespace,
  type XmppPerson,
} from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort, type ServiceProcess, startService } from './service-process.js';
import { openSwitchboard, type Switchboard } from './switchboard.js';

let redis: TestRedis;
let home: string;
let telegram: FakeTelegram;
let discord: FakeDiscord;
let slack: FakeSlack;
let bot: FakeWeComBot;
let wecom: FakeWeComApp;
let prosody: Prosody;
let ada: XmppPerson;
let board: Switchboard;
let ingresses: ServiceProcess[] = [];
let others: ServiceProcess[] = [];
let env: Record<string, string>;
const ports: number[] = [];
const patience = { timeoutMs: 30_000 };
/** Every service has its own user. */
const redisOf = async (user: 'ingress' | 'agent' | 'tool-runner'): Promise<{ REDIS_URL: string }> => {
  const space = { namespace: env['QUEUECLAW_NAMESPACE'] ?? '', shards: 1 };
  return { REDIS_URL: await redisAs(redis.url, aclRules(user, space)) };
};
const startIngress = async (port: number): Promise<ServiceProcess> =>
  startService('ingress', { ...env, ...(await redisOf('ingress')), PORT: String(port) });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-apps-'));
  [prosody, redis, telegram, discord, slack, bot, wecom] = await Promise.all([
    startProsody(['claw', 'ada']),
    startRedis(),
    startFakeTelegram(),
    startFakeDiscord(),
    startFakeSlack(),
    startFakeWeComBot(),
    startFakeWeComApp(),
  ]);
  ada = await openXmppPerson(prosody, 'ada');
  const account = { jid: `claw@${prosody.domain}`, password: prosody.password('claw'), service: prosody.url };
  const config = join(home, 'queueclaw.yaml');
  const channels = [
    { name: 'telegram', access: { allow: [4711] }, config: { token: telegram.token, api_root: telegram.url } },
    { name: 'discord', access: { allow: ['4711'] }, config: { token: discord.token, api_root: discord.url } },
    {
      name: 'slack',
      access: { allow: ['U4711'] },
      config: { bot_token: slack.token, signing_secret: slack.secret, api_root: slack.url },
    },
    { name: 'xmpp', access: { allow: [ada.address] }, config: account },
    {
      ...{ name: 'wecom-bot', access: { allow: ['ada'] } },
      config: { bot_id: bot.botId, secret: bot.secret, ws_url: bot.url },
    },
    {
      ...{ name: 'wecom-app', access: { allow: ['ada'] } },
      config: {
        ...{ corp_id: wecom.corpId, agent_id: wecom.agentId, secret: wecom.secret, token: wecom.token },
        ...{ encoding_aes_key: wecom.aesKey, api_root: wecom.url },
      },
    },
  ];
  const llm = { default: 'demo', models: { demo: { provider: 'demo' } } };
  await writeFile(config, JSON.stringify({ llm, channels }));
  const runner = {
    ...{ QUEUECLAW_HOME: home, QUEUECLAW_CONFIG: config, PORT: '0' },
    QUEUECLAW_NAMESPACE: uniqueNamespace(),
  };
  env = { ...runner, QUEUECLAW_MAIL_KEY: 'the mail key of this test, long enough' };
  ports.push(await freePort(), await freePort());
  board = await openSwitchboard(ports[0] ?? 0);
  slack.callAt(`${board.url}/channels/slack/main`);
  wecom.callAt(`${board.url}/channels/wecom-app/main`);
  // The first one holds every connection that only one may hold.
  const first = startIngress(ports[0] ?? 0);
  others = await Promise.all([
    startService('agent', { ...env, ...(await redisOf('agent')) }),
    startService('tool-runner', { ...runner, ...(await redisOf('tool-runner')) }),
  ]);
  ingresses = [await first];
  await eventually(() => expect(held.map(([name]) => holdersOf(name).length)).toEqual([1, 1, 1]), patience);
  ingresses.push(await startIngress(ports[1] ?? 0));
}, 90_000);

afterAll(async () => {
  await Promise.all([...ingresses, ...others].map((one) => one.stop()));
  await ada.stop();
  await Promise.all([telegram, discord, slack, bot, wecom, board].map((one) => one.close()));
  await Promise.all([prosody.stop(), redis.stop()]);
  await rm(home, { recursive: true, force: true });
});

/** A replica takes the place of a dead one, as it would anywhere. */
const comeBack = async (): Promise<void> => {
  ingresses = await Promise.all(ingresses.map(async (one, at) => (one.alive() ? one : startIngress(ports[at] ?? 0))));
};

type App = readonly [
  name: string,
  say: (text: string) => unknown,
  texts: () => string[],
  signs: (() => number) | undefined,
];
/** Apps with a connection that only one replica holds. */
const held: readonly App[] = [
  ['telegram', (text) => telegram.say(text), () => telegram.sent.map(({ text }) => text), () => telegram.typing.length],
  ['discord', (text) => discord.say(text), () => discord.sent.map(({ text }) => text), () => discord.typing.length],
  [
    'xmpp',
    (text) => ada.say(`claw@${prosody.domain}`, text),
    () => ada.heard.map(({ text }) => text),
    () => ada.states.filter(({ state }) => state === 'composing').length,
  ],
];
const apps: readonly App[] = [
  ...held,
  ['slack', (text) => slack.say(text), () => slack.sent.map(({ text }) => text), undefined],
  ['wecom-bot', (text) => bot.say(text), () => bot.sent.map(({ content }) => content), undefined],
  ['wecom-app', (text) => wecom.say(text), () => wecom.sent.map(({ content }) => content), undefined],
];
const holdersOf = (name: string): ServiceProcess[] =>
  ingresses.filter(({ output, alive }) => alive() && output().includes(`listens to ${name}/main`));

it.each(apps)(
  'answers a person in %s, with a tool, and shows meanwhile that it is at work',
  async (_name, say, texts, typing) => {
    say('run: echo $((40+2))');
    await eventually(() => expect(texts().some((text) => text.includes('42'))).toBe(true), patience);
    if (typing !== undefined) expect(typing()).toBeGreaterThan(0);
  },
);

it('a file that a command makes is sent to the person, once, as it is', async () => {
  const before = telegram.files.length;
  telegram.say("run: printf 'a,b\\n1,2\\n' > numbers.csv; echo $((40+3))");
  await eventually(() => expect(telegram.sent.at(-1)?.text).toContain('43'), patience);
  telegram.say('send numbers.csv');
  await eventually(() => expect(telegram.files.length).toBeGreaterThan(before), patience);
  telegram.say('and after that');
  await eventually(() => expect(telegram.sent.at(-1)?.text).toContain('and after that'), patience);
  const files = telegram.files
    .slice(before)
    .map(({ name, kind, bytes }) => [name, kind, Buffer.from(bytes).toString()]);
  expect(files).toEqual([['numbers.csv', 'document', 'a,b\n1,2\n']]);
});

it('lets another replica take over every connection of one that is killed, within 15 s; each message is answered once', async () => {
  const before = new Map(held.map(([name, , texts]) => [name, texts().length]));
  for (const number of [1, 2, 3]) for (const [, say] of held) void say(`before the kill, number ${number}`);
  await ingresses[0]?.kill();
  for (const number of [4, 5, 6]) for (const [, say] of held) void say(`after the kill, number ${number}`);
  const takeOver = { timeoutMs: 15_000 };
  await eventually(() => expect(held.map(([name]) => holdersOf(name).length)).toEqual([1, 1, 1]), takeOver);
  // Nearby messages may share an answer; each of them is in exactly one.
  const answers = ([name, , texts]: App, number: number): number =>
    texts()
      .slice(before.get(name))
      .filter((text) => text.includes(`number ${number}`)).length;
  await eventually(() => {
    for (const app of held)
      expect([app[0], ...[1, 2, 3, 4, 5, 6].map((number) => answers(app, number))]).toEqual([app[0], 1, 1, 1, 1, 1, 1]);
  }, patience);
  expect(telegram.conflicts()).toBe(0);
  // WeCom brings nothing again: what is said while nobody listens is lost.
  await eventually(() => expect(bot.listeners()).toBe(1), patience);
  bot.say('after the take-over');
  await eventually(
    () => expect(bot.sent.filter(({ content }) => content.includes('after the take-over'))).toHaveLength(1),
    patience,
  );
  await comeBack();
}, 60_000);

it('answers each message of Slack and WeCom once, though the replica that they call is killed', async () => {
  const before = [slack.sent.length, wecom.sent.length] as const;
  const both = (text: string): Promise<number>[] => [slack.say(text), wecom.say(text)];
  const said = [1, 2, 3].flatMap((number) => both(`before the kill, number ${number}`));
  await ingresses[0]?.kill();
  board.pointTo(ports[1] ?? 0);
  board.cut();
  said.push(...[4, 5, 6].flatMap((number) => both(`after the kill, number ${number}`)));
  expect(new Set(await Promise.all(said))).toEqual(new Set([200]));
  const answers = (number: number): number[] => [
    slack.sent.slice(before[0]).filter(({ text }) => text.includes(`number ${number}`)).length,
    wecom.sent.slice(before[1]).filter(({ content }) => content.includes(`number ${number}`)).length,
  ];
  await eventually(() => expect([1, 2, 3, 4, 5, 6].flatMap(answers)).toEqual(Array(12).fill(1)), patience);
  await comeBack();
}, 60_000);

it('offers choices as buttons, and does what is pressed, by whatever platform', async () => {
  await eventually(() => expect(telegram.menus.size).toBe(2), patience);
  await eventually(() => expect(discord.commands().length).toBeGreaterThan(10), patience);
  telegram.say('/queue');
  const offered = (): unknown =>
    telegram.sent
      .at(-1)
      ?.keyboard?.flat()
      .map((key) => key.callback_data);
  await eventually(() => expect(offered()).toContain('/queue steer'), patience);
  telegram.press('/queue steer');
  discord.interact({ name: 'queue', options: [{ name: 'value', type: 3, value: 'followup' }] });
  expect(await slack.command('queue interrupt')).toBe(200);
  const said = (sent: readonly { readonly text: string }[], word: string): void =>
    expect(sent.map(({ text }) => text)).toContainEqual(expect.stringMatching(new RegExp(`^Queue mode: ${word}`)));
  await eventually(() => said(telegram.sent, 'steer'), patience);
  await eventually(() => said(discord.sent, 'followup'), patience);
  await eventually(() => said(slack.sent, 'interrupt'), patience);
});

it('refused nobody anything in Redis', async () => {
  expect(await refusals(redis.url)).toEqual([]);
});

it('writes no token anywhere', () => {
  for (const one of [...ingresses, ...others])
    for (const secret of [
      telegram.token,
      discord.token,
      slack.token,
      slack.secret,
      prosody.password('claw'),
      bot.secret,
      wecom.secret,
    ])
      expect(one.output()).not.toContain(secret);
});
