import { startFakeDingTalk, startFakeFeishu, startFakeWeChatOfficial, startFakeWeComApp } from '@queueclaw/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChannelDoor, Connection } from './contract.js';
import { DingTalkConfig } from './dingtalk/config.js';
import { connect as toDingTalk } from './dingtalk/connect.js';
import { FeishuConfig } from './feishu/config.js';
import { connect as toFeishu } from './feishu/connect.js';
import { WeChatOfficialConfig } from './wechat-official/config.js';
import { connect as toWeChat } from './wechat-official/connect.js';
import { WeComAppConfig } from './wecom-app/config.js';
import { connect as toWeCom } from './wecom-app/connect.js';

/** A platform that gives out what people sent by an id. */
type Giver = {
  readonly connection: Connection;
  /** Keeps a file; tells its handle. */
  keep(bytes: Uint8Array): string;
  /** Of a file that is not there. */
  readonly unknown: string;
  endToken(): void;
  stop(): Promise<void>;
};

const never = new AbortController().signal;
const door: ChannelDoor = {
  account: 'main',
  signal: never,
  notes: { read: async () => undefined, write: async () => undefined },
  trouble: () => undefined,
  receive: async () => undefined,
};
const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 13, 10]);
const read = async ({ connection }: Giver, handle: string): Promise<Buffer> => {
  const stream = await connection.fetch?.({ name: undefined, type: undefined, handle }, never);
  const pieces: Uint8Array[] = [];
  for await (const piece of stream ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
};

const givers: Readonly<Record<string, () => Promise<Giver>>> = {
  feishu: async () => {
    const it = await startFakeFeishu();
    const keys = { encrypt_key: it.encryptKey, verification_token: it.verificationToken };
    const config = FeishuConfig.parse({ app_id: it.appId, app_secret: it.secret, ...keys, domain: it.url });
    const handleOf = (key: string): string => JSON.stringify({ message: 'om_1', key, type: 'image' });
    return {
      connection: await toFeishu(config, door),
      keep: (file) => handleOf(it.keep('om_1', 'image', file)),
      ...{ unknown: handleOf('img_unknown'), endToken: it.endToken, stop: it.close },
    };
  },
  dingtalk: async () => {
    const it = await startFakeDingTalk();
    const config = DingTalkConfig.parse({ client_id: it.clientId, client_secret: it.secret, api_root: it.url });
    return {
      connection: await toDingTalk(config, door),
      ...{ keep: it.keep, unknown: 'nothing', endToken: it.endToken, stop: it.close },
    };
  },
  'wecom-app': async () => {
    const it = await startFakeWeComApp();
    const keys = { secret: it.secret, token: it.token, encoding_aes_key: it.aesKey, api_root: it.url };
    const config = WeComAppConfig.parse({ corp_id: it.corpId, agent_id: it.agentId, ...keys });
    return {
      connection: await toWeCom(config, door),
      ...{ keep: it.keep, unknown: 'nothing', endToken: it.endToken, stop: it.close },
    };
  },
  'wechat-official': async () => {
    const it = await startFakeWeChatOfficial();
    const keys = { app_secret: it.secret, token: it.token, encoding_aes_key: it.aesKey, api_root: it.url };
    const config = WeChatOfficialConfig.parse({ app_id: it.appId, ...keys });
    return {
      connection: await toWeChat(config, door),
      ...{ keep: it.keep, unknown: 'film', endToken: it.endToken, stop: it.close },
    };
  },
};

describe.each(Object.entries(givers))('%s', (_, start) => {
  let giver: Giver;
  beforeAll(async () => {
    giver = await start();
  });
  afterAll(() => giver.stop());

  it('gives out what somebody sent, byte for byte', async () => {
    expect(await read(giver, giver.keep(bytes))).toEqual(bytes);
  });

  it('says for good that it has no such file', async () => {
    await expect(read(giver, giver.unknown)).rejects.toMatchObject({ code: 'channel.rejected' });
  });

  it('gives it out with another token when one ended before its time', async () => {
    const handle = giver.keep(bytes);
    giver.endToken();
    expect(await read(giver, handle)).toEqual(bytes);
  });
});

it('DingTalk: a store is asked over TLS or where the API is, and nowhere else', async () => {
  const it = await startFakeDingTalk();
  const config = DingTalkConfig.parse({ client_id: it.clientId, client_secret: it.secret, api_root: it.url });
  const { fetch } = await toDingTalk(config, door);
  for (const place of ['http://169.254.169.254/latest', 'ftp://example.com/a', 'no address'])
    await expect(fetch?.({ name: undefined, type: undefined, handle: it.keep(place) }, never)).rejects.toMatchObject({
      code: 'channel.rejected',
    });
  await it.close();
});
