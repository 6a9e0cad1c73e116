import * as testing from '@queueclaw/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Counterpart, connectionPromises } from './connection-suite.js';
import type { Connection, IncomingFile } from './contract.js';
import { channels } from './registry.js';

type Started = { readonly counterpart: Counterpart; stop(): Promise<void> };

/** Brings calls of a platform to whichever connection is open. */
async function webhooks(
  callAt: (url: string) => void,
): Promise<Pick<Counterpart, 'attach'> & { close(): Promise<void> }> {
  let connection: Connection | undefined;
  const server = await testing.startWebhookServer(
    async (call) => (await connection?.webhook?.(call)) ?? { status: 503 },
  );
  callAt(server.url);
  return { attach: (now) => void (connection = now), close: server.close };
}
/** What a platform with webhooks is, and its end. */
async function called(
  platform: { callAt(url: string): void; close(): Promise<void> },
  counterpart: Counterpart,
): Promise<Started> {
  const { attach, close } = await webhooks((url) => platform.callAt(url));
  const stop = async (): Promise<void> => {
    await close();
    await platform.close();
  };
  return { counterpart: { ...counterpart, ...(attach === undefined ? {} : { attach }) }, stop };
}

/** What a platform gives out of what people sent. */
const gives = (
  { giving }: { readonly giving: Pick<testing.FileGiver, 'next' | 'open'> },
  keep: (bytes: Uint8Array) => string,
  unknown: string,
): NonNullable<Counterpart['gives']> => {
  const file = (handle: string): IncomingFile => ({ name: undefined, type: undefined, handle });
  return { keep: (bytes) => file(keep(bytes)), unknown: file(unknown), giving };
};
const feishuHandle = (key: string): string => JSON.stringify({ message: 'om_1', key, type: 'file' });

/** The files behind the addresses of a store that somebody was sent, as they arrive. */
function received(origin: string, texts: () => readonly string[]): NonNullable<Counterpart['files']> {
  const asked = new Set<string>();
  const files: { name: string; bytes: Uint8Array }[] = [];
  const ask = async (url: string): Promise<void> => {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    files.push({ name: decodeURIComponent(url.split('/').at(-1) ?? ''), bytes });
  };
  return () => {
    for (const text of texts().filter((one) => one.startsWith(`${origin}/`) && !asked.has(one))) {
      asked.add(text);
      void ask(text);
    }
    return files;
  };
}

/** What Slack shows of a text. */
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Every platform's counterpart: the real one, or a fake of its documented surface driven through the real SDK. */
const counterparts: Readonly<Record<string, () => Promise<Started>>> = {
  telegram: async () => {
    const it = await testing.startFakeTelegram();
    const fails = (code: number, description: string, retryAfter?: number) => (): void =>
      it.next('sendMessage', { code, description, ...(retryAfter === undefined ? {} : { retryAfter }) });
    const counterpart: Counterpart = {
      config: { token: it.token, api_root: it.url },
      wrong: { token: '1:a-wrong-token-of-ours' },
      secrets: [it.token],
      say: (text) => it.say(text),
      // It waits for what is new, and keeps what is old.
      ready: () => true,
      sent: () => it.sent.map(({ text }) => text),
      files: () => it.files,
      nextFile: {
        away: () => it.next('sendDocument', { code: 502, description: 'Bad Gateway' }),
        gone: () => it.next('sendDocument', { code: 403, description: 'Forbidden: bot was blocked by the user' }),
      },
      gives: gives(it, (bytes) => it.keep(bytes), 'nobody-knows-it'),
      next: {
        away: fails(502, 'Bad Gateway'),
        gone: fails(403, 'Forbidden: bot was blocked by the user'),
        slow: fails(429, 'Too Many Requests: retry after 7', 7),
      },
    };
    return { counterpart, stop: () => it.close() };
  },
  discord: async () => {
    const it = await testing.startFakeDiscord();
    const counterpart: Counterpart = {
      config: { token: it.token, api_root: it.url },
      wrong: { token: 'a-wrong-token-of-twenty' },
      secrets: [it.token],
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ text }) => text),
      files: () => it.files,
      gives: gives(it, (bytes) => it.keep(bytes), `${it.url}/attachments/1/2/a`),
      next: {
        away: () => it.next({ status: 502, body: {} }),
        gone: () => it.next({ status: 403, body: { code: 50_001, message: 'Missing Access' } }),
        slow: () =>
          it.next({ status: 429, body: { message: 'slow down', retry_after: 7, global: false }, retryAfter: 7 }),
      },
      lines: () => it.listeners(),
    };
    return { counterpart, stop: () => it.close() };
  },
  slack: async () => {
    const it = await testing.startFakeSlack();
    return called(it, {
      config: { bot_token: it.token, signing_secret: it.secret, api_root: it.url },
      wrong: { bot_token: 'xoxb-a-wrong-token' },
      secrets: [it.token, it.secret],
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ text }) => unescaped(text)),
      files: () => it.files,
      gives: gives(it, (bytes) => it.keep(bytes), `${it.url}/files-pri/T1-F1`),
      next: {
        away: () => it.next({ status: 502 }),
        gone: () => it.next({ error: 'is_archived' }),
        slow: () => it.next({ status: 429, retryAfter: 7 }),
      },
    });
  },
  whatsapp: async () => {
    const it = await testing.startFakeWhatsApp();
    const keys = { access_token: it.token, app_secret: it.secret, verify_token: 'a word to verify by' };
    return called(it, {
      config: { phone_number_id: it.number, ...keys, api_root: it.url },
      wrong: { access_token: 'a-wrong-token-of-twenty' },
      secrets: Object.values(keys),
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ text }) => text),
      files: () => it.files,
      gives: gives(it, (bytes) => it.keep(bytes), '1'),
      next: {
        away: () => it.next({ status: 502 }),
        gone: () => it.next({ status: 400, code: 131_026 }),
        slow: () => it.next({ status: 429, code: 130_429 }),
      },
    });
  },
  feishu: async () => {
    const it = await testing.startFakeFeishu();
    const keys = { app_secret: it.secret, encrypt_key: it.encryptKey, verification_token: it.verificationToken };
    return called(it, {
      config: { app_id: it.appId, ...keys, domain: it.url },
      wrong: { app_secret: 'a-wrong-secret-of-ours' },
      secrets: Object.values(keys),
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ markdown }) => markdown),
      files: () => it.files,
      gives: gives(it, (bytes) => feishuHandle(it.keep('om_1', 'file', bytes)), feishuHandle('file_unknown')),
      next: {
        away: () => it.next({ status: 502 }),
        gone: () => it.next({ status: 400, code: 230_002 }),
        slow: () => it.next({ status: 429, resetSeconds: 7 }),
      },
    });
  },
  dingtalk: async () => {
    const it = await testing.startFakeDingTalk();
    const counterpart: Counterpart = {
      config: {
        ...{ client_id: it.clientId, client_secret: it.secret, api_root: it.url, media_root: it.url },
        card_template_id: '382e4302-0000-4880-bf29-a30acfab2e71.schema',
      },
      wrong: { client_secret: 'a-wrong-secret-of-ours' },
      secrets: [it.secret],
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ markdown }) => markdown),
      files: () => it.files,
      gives: gives(it, (bytes) => it.keep(bytes), 'nothing'),
      next: {
        away: () => it.next({ status: 503 }),
        gone: () => it.next({ status: 400, code: 'robot.notExist' }),
        slow: () => it.next({ status: 429 }),
      },
      lines: () => it.listeners(),
    };
    return { counterpart, stop: () => it.close() };
  },
  'wecom-app': async () => {
    const it = await testing.startFakeWeComApp();
    const keys = { secret: it.secret, token: it.token, encoding_aes_key: it.aesKey };
    return called(it, {
      config: { corp_id: it.corpId, agent_id: it.agentId, ...keys, api_root: it.url },
      wrong: { secret: 'a-wrong-secret-of-ours' },
      secrets: Object.values(keys),
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ content }) => content),
      files: () => it.files,
      gives: gives(it, (bytes) => it.keep(bytes), 'nothing'),
      next: {
        away: () => it.next({ status: 502 }),
        gone: () => it.next({ errcode: 81_013 }),
        slow: () => it.next({ errcode: 45_009 }),
      },
    });
  },
  'wechat-official': async () => {
    const it = await testing.startFakeWeChatOfficial();
    const keys = { app_secret: it.secret, token: it.token, encoding_aes_key: it.aesKey };
    return called(it, {
      config: { app_id: it.appId, ...keys, api_root: it.url },
      wrong: { app_secret: 'a-wrong-secret-of-ours' },
      secrets: Object.values(keys),
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ content }) => content),
      files: () => it.files,
      gives: gives(it, (bytes) => it.keep(bytes), 'film'),
      next: {
        away: () => it.next({ status: 502 }),
        gone: () => it.next({ errcode: 45_015 }),
        slow: () => it.next({ errcode: 45_009 }),
      },
    });
  },
  'wecom-bot': async () => {
    const it = await testing.startFakeWeComBot();
    const counterpart: Counterpart = {
      config: { bot_id: it.botId, secret: it.secret, ws_url: it.url },
      wrong: { secret: 'a-wrong-secret-of-ours' },
      secrets: [it.secret],
      say: (text) => it.say(text),
      sent: () => it.sent.map(({ content }) => content),
      files: () => it.files,
      nextFile: { away: () => it.next({ errcode: -1 }), gone: () => it.next({ errcode: 93_006 }) },
      gives: gives(
        it,
        (bytes) => JSON.stringify(it.keep(bytes)),
        JSON.stringify({ url: `${it.url.replace('ws', 'http')}/nothing`, aeskey: 'a2V5' }),
      ),
      next: {
        away: () => it.next({ errcode: -1 }),
        // What is no answer any more is sent anew.
        gone: () => [1, 2].forEach(() => it.next({ errcode: 93_006 })),
        slow: () => it.next({ errcode: 45_009 }),
      },
      lines: () => it.listeners(),
    };
    return { counterpart, stop: () => it.close() };
  },
  xmpp: async () => {
    const it = await testing.startProsody(['claw', 'ada']);
    const lying = await testing.startFileServer();
    const ada = await testing.openXmppPerson(it, 'ada');
    const claw = `claw@${it.domain}`;
    const counterpart: Counterpart = {
      config: {
        ...{ jid: claw, password: it.password('claw'), service: it.url },
        file_origins: [it.files, lying.url],
      },
      wrong: { password: 'a-wrong-password-of-ours' },
      secrets: [it.password('claw')],
      say: async (text) => {
        await ada.block(claw, false);
        await ada.say(claw, text);
      },
      sent: () => ada.heard.map(({ text }) => text),
      files: received(it.files, () => ada.heard.map(({ text }) => text)),
      gives: gives(lying, lying.keep, `${lying.url}/nothing`),
      next: { away: () => it.cut(), gone: () => ada.block(claw, true) },
      lines: () => it.lines(),
    };
    const stop = async (): Promise<void> => {
      await ada.stop();
      await lying.close();
      await it.stop();
    };
    return { counterpart, stop };
  },
};

test('every platform of the registry has a counterpart', () => {
  const platforms = channels.filter(({ capabilities }) => capabilities.delivery === 'platform');
  expect(Object.keys(counterparts).toSorted()).toEqual(platforms.map(({ name }) => name).toSorted());
});

const subjects = channels.flatMap((channel) => {
  const start = counterparts[channel.name];
  return start === undefined ? [] : [[channel.name, channel, start] as const];
});

describe.each(subjects)('the connection of %s', (_name, channel, start) => {
  let started: Started;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(() => started.stop());
  test.each(connectionPromises(channel, () => started.counterpart, testing.eventually))('$says', ({ check }) =>
    check(),
  );
});
