import { channels } from '@queueclaw/channels';
import * as testing from '@queueclaw/testing';
import { redeliver } from '@queueclaw/testing';
import { randomUUID } from 'node:crypto';

/** A messaging app with its platform, as the settings name it. */
export type App = {
  readonly name: string;
  /** One entry of `channels`. */
  readonly settings: object;
  /** Only one replica listens at a time. */
  readonly held: boolean;
  readonly secrets: readonly string[];
  /** A person writes; platforms that call us bring it again until it is taken. */
  say(text: string): unknown;
  /** What people were sent. */
  texts(): readonly string[];
  /** How often it was shown that the bot is at work, where the platform shows it. */
  readonly signs?: () => number;
  /** Where the platform calls. */
  readonly callAt?: (url: string) => void;
  /** Brings again what was not acknowledged, where it does so only when asked. */
  readonly repeat?: () => void;
  /** The platform brings nothing again: what is said while nobody listens is lost. */
  readonly forgets?: true;
  close(): Promise<unknown>;
};

export type Platforms = {
  readonly telegram: testing.FakeTelegram;
  readonly discord: testing.FakeDiscord;
  readonly slack: testing.FakeSlack;
  readonly apps: readonly App[];
};

/** Starts what stands for every platform of the registry. */
export async function startPlatforms(): Promise<Platforms> {
  const [prosody, telegram, discord, slack, whatsapp, feishu, dingtalk, bot, wecom, official] = await Promise.all([
    testing.startProsody(['claw', 'ada']),
    testing.startFakeTelegram(),
    testing.startFakeDiscord(),
    testing.startFakeSlack(),
    testing.startFakeWhatsApp(),
    testing.startFakeFeishu(),
    testing.startFakeDingTalk(),
    testing.startFakeWeComBot(),
    testing.startFakeWeComApp(),
    testing.startFakeWeChatOfficial(),
  ]);
  const ada = await testing.openXmppPerson(prosody, 'ada');
  const claw = `claw@${prosody.domain}`;
  const made = (
    name: string,
    allow: string | number,
    config: object,
    secrets: readonly string[],
    rest: Pick<App, 'say' | 'texts' | 'close'> & Partial<App>,
  ): App => ({
    ...{ name, secrets, settings: { name, access: { allow: [allow] }, config } },
    held: channels.find((channel) => channel.name === name)?.capabilities.holders === 'one',
    ...rest,
  });
  const apps: readonly App[] = [
    made('telegram', 4711, { token: telegram.token, api_root: telegram.url }, [telegram.token], {
      say: (text) => telegram.say(text),
      texts: () => telegram.sent.map(({ text }) => text),
      signs: () => telegram.typing.length,
      close: telegram.close,
    }),
    made('discord', '4711', { token: discord.token, api_root: discord.url }, [discord.token], {
      say: (text) => discord.say(text),
      texts: () => discord.sent.map(({ text }) => text),
      signs: () => discord.typing.length,
      close: discord.close,
    }),
    made(
      'xmpp',
      ada.address,
      { jid: claw, password: prosody.password('claw'), service: prosody.url },
      [prosody.password('claw')],
      {
        say: (text) => ada.say(claw, text),
        texts: () => ada.heard.map(({ text }) => text),
        signs: () => ada.states.filter(({ state }) => state === 'composing').length,
        close: async () => {
          await ada.stop();
          await prosody.stop();
        },
      },
    ),
    made(
      'dingtalk',
      'ada',
      { client_id: dingtalk.clientId, client_secret: dingtalk.secret, api_root: dingtalk.url },
      [dingtalk.secret],
      {
        say: (text) => dingtalk.say(text),
        texts: () => dingtalk.sent.map(({ markdown }) => markdown),
        repeat: dingtalk.repeat,
        close: dingtalk.close,
      },
    ),
    made('wecom-bot', 'ada', { bot_id: bot.botId, secret: bot.secret, ws_url: bot.url }, [bot.secret], {
      say: (text) => bot.say(text),
      texts: () => bot.sent.map(({ content }) => content),
      forgets: true,
      close: bot.close,
    }),
    made(
      'slack',
      'U4711',
      { bot_token: slack.token, signing_secret: slack.secret, api_root: slack.url },
      [slack.token, slack.secret],
      {
        say: (text) => slack.say(text),
        texts: () => slack.sent.map(({ text }) => text),
        callAt: slack.callAt,
        close: slack.close,
      },
    ),
    made(
      'whatsapp',
      '16505551234',
      {
        ...{ phone_number_id: whatsapp.number, access_token: whatsapp.token, app_secret: whatsapp.secret },
        ...{ verify_token: 'a word to verify by', api_root: whatsapp.url },
      },
      [whatsapp.token, whatsapp.secret],
      {
        say: (text) => {
          const id = `wamid.${randomUUID()}`;
          return redeliver(async () => ({ status: await whatsapp.say(text, { id }) }));
        },
        texts: () => whatsapp.sent.map(({ text }) => text),
        signs: () => whatsapp.read.length,
        callAt: whatsapp.callAt,
        close: whatsapp.close,
      },
    ),
    made(
      'feishu',
      'ou_ada',
      {
        ...{ app_id: feishu.appId, app_secret: feishu.secret, encrypt_key: feishu.encryptKey },
        ...{ verification_token: feishu.verificationToken, domain: feishu.url },
      },
      [feishu.secret, feishu.encryptKey, feishu.verificationToken],
      {
        say: (text) => {
          const event = feishu.event(text, { user: 'ou_ada' });
          return redeliver(() => feishu.call(event));
        },
        texts: () => feishu.sent.map(({ markdown }) => markdown),
        callAt: feishu.callAt,
        close: feishu.close,
      },
    ),
    made(
      'wecom-app',
      'ada',
      {
        ...{ corp_id: wecom.corpId, agent_id: wecom.agentId, secret: wecom.secret, token: wecom.token },
        ...{ encoding_aes_key: wecom.aesKey, api_root: wecom.url },
      },
      [wecom.secret, wecom.aesKey],
      {
        say: (text) => wecom.say(text),
        texts: () => wecom.sent.map(({ content }) => content),
        callAt: wecom.callAt,
        close: wecom.close,
      },
    ),
    made(
      'wechat-official',
      official.person,
      {
        ...{ app_id: official.appId, app_secret: official.secret, token: official.token },
        ...{ encoding_aes_key: official.aesKey, api_root: official.url },
      },
      [official.secret, official.aesKey],
      {
        say: (text) => {
          const message = official.message(text);
          return redeliver(() => official.call(message));
        },
        texts: () => official.sent.map(({ content }) => content),
        callAt: official.callAt,
        close: official.close,
      },
    ),
  ];
  return { telegram, discord, slack, apps };
}
