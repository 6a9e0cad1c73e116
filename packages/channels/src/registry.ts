import type { Channel } from './contract.js';
import { dingtalk } from './dingtalk/index.js';
import { discord } from './discord/index.js';
import { feishu } from './feishu/index.js';
import { http } from './http/index.js';
import { slack } from './slack/index.js';
import { telegram } from './telegram/index.js';
import { terminal } from './terminal/index.js';
import { web } from './web/index.js';
import { wechatOfficial } from './wechat-official/index.js';
import { wecomApp } from './wecom-app/index.js';
import { wecomBot } from './wecom-bot/index.js';
import { websocket } from './websocket/index.js';
import { whatsapp } from './whatsapp/index.js';
import { xmpp } from './xmpp/index.js';

/** Every channel there is. A new one is a folder and a line here. */
export const channels: readonly Channel[] = [
  http,
  websocket,
  terminal,
  web,
  telegram,
  discord,
  slack,
  whatsapp,
  feishu,
  dingtalk,
  wecomBot,
  wecomApp,
  wechatOfficial,
  xmpp,
];

/** The channel of this name; undefined when there is none. */
export function findChannel(name: string): Channel | undefined {
  return channels.find((channel) => channel.name === name);
}
