import {
  eventually,
  type FakeWeChatOfficial,
  type FakeWeComApp,
  type FakeWeComBot,
  sharedRedis,
  startFakeWeChatOfficial,
  startFakeWeComApp,
  startFakeWeComBot,
  uniqueNamespace,
} from '@queueclaw/testing';
import { channelConversation, type ActorAddress } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

let bot: FakeWeComBot;
let app: FakeWeComApp;
let official: FakeWeChatOfficial;
let fleet: TestIngress[] = [];
const patience = { timeoutMs: 15_000 };

const access = { direct: 'open' };
const start = async (namespace: string): Promise<TestIngress> =>
  startTestIngress({
    ...{ redisUrl: await sharedRedis(), namespace },
    config: {
      channels: [
        { name: 'wecom-bot', access, config: { bot_id: bot.botId, secret: bot.secret, ws_url: bot.url } },
        {
          ...{ name: 'wecom-app', access },
          config: {
            ...{ corp_id: app.corpId, agent_id: Number(app.agentId), secret: app.secret, token: app.token },
            ...{ encoding_aes_key: app.aesKey, api_root: app.url },
          },
        },
        {
          ...{ name: 'wechat-official', access },
          config: {
            ...{ app_id: official.appId, app_secret: official.secret, token: official.token },
            ...{ encoding_aes_key: official.aesKey, api_root: official.url },
          },
        },
      ] as unknown as Record<string, unknown>,
    },
  });

beforeAll(async () => {
  [bot, app, official] = await Promise.all([startFakeWeComBot(), startFakeWeComApp(), startFakeWeChatOfficial()]);
  const namespace = uniqueNamespace();
  fleet = [await start(namespace), await start(namespace)];
  await eventually(() => expect(bot.listeners()).toBe(1), patience);
});
afterAll(async () => {
  await Promise.all(fleet.map((one) => one.stop()));
  await Promise.all([bot.close(), app.close(), official.close()]);
});

const first = (): TestIngress => {
  const [one] = fleet;
  if (one === undefined) throw new Error('no ingress');
  return one;
};
const addressOf = (channel: string, peer: string): ActorAddress => ({
  tenant: 'default',
  conversation: channelConversation({ channel, account: 'main', peer }),
});
/** Answers a conversation as soon as it has mail. */
const answered = async (address: ActorAddress, text: string): Promise<void> => {
  const { mailbox } = first().door;
  const lease = await eventually(async () => {
    const claimed = await mailbox.claim(address);
    if (typeof claimed === 'string') throw new Error(claimed);
    return claimed;
  }, patience);
  await first().finish(address, lease, text);
};
const ofBot = (person: string): ActorAddress =>
  addressOf('wecom-bot', createHash('sha256').update(`single/${person}`).digest('hex').slice(0, 40));

it('answers by the one line to WeCom whichever replica delivers, each message once, also when it is brought again', async () => {
  const people = Array.from({ length: 12 }, (_, at) => `person-${at}`);
  for (const person of people) {
    bot.say(`hello from ${person}`, { from: { userid: person } });
    bot.repeat();
  }
  await Promise.all(people.map((person) => answered(ofBot(person), `hello ${person}`)));
  await eventually(() => expect(bot.sent.length).toBe(people.length), patience);
  expect(bot.sent.map(({ to, content }) => `${to}: ${content}`).toSorted()).toEqual(
    people.map((person) => `${person}: hello ${person}`).toSorted(),
  );
  expect(bot.sent.every(({ request, finished }) => request !== undefined && finished)).toBe(true);
});

it('takes a webhook at any replica, answers once what comes again at another one', async () => {
  const words = app.message('hello');
  for (const { url } of fleet) {
    app.callAt(`${url}/channels/wecom-app/main`);
    expect((await app.call(words)).status).toBe(200);
  }
  await answered(addressOf('wecom-app', 'ada'), '**hi**');
  await eventually(() => expect(app.sent).toEqual([{ to: 'ada', type: 'markdown', content: '**hi**' }]), patience);

  const more = official.message('你好');
  for (const { url } of fleet.toReversed()) {
    official.callAt(`${url}/channels/wechat-official/main`);
    const answer = await official.call(more);
    expect([answer.status, await answer.text()]).toEqual([200, 'success']);
  }
  await answered(addressOf('wechat-official', official.person), '**您好**');
  await eventually(() => expect(official.sent).toEqual([{ to: official.person, content: '您好' }]), patience);
});

it('shows no secret in any line of the log', () => {
  const log = fleet.flatMap((one) => one.log).join('\n');
  expect(log).toContain('wecom-bot/main');
  for (const secret of [
    bot.secret,
    app.secret,
    app.token,
    app.aesKey,
    official.secret,
    official.token,
    official.aesKey,
  ])
    expect(log).not.toContain(secret);
  expect(log).not.toMatch(/access-token-\d|_access-token-of/);
});

it('goes on by another replica when the one that holds the line stops', async () => {
  const holding = fleet.findIndex(({ log }) => log.some((line) => line.includes('listens to wecom-bot/main')));
  const [holder] = fleet.splice(holding, 1);
  await holder?.stop();
  await eventually(() => expect(bot.listeners()).toBe(1), patience);
  bot.say('still there?', { from: { userid: 'late' } });
  await answered(ofBot('late'), 'yes');
  await eventually(() => expect(bot.sent.at(-1)).toMatchObject({ to: 'late', content: 'yes' }), patience);
});
