import { keys, type TranscriptEntry } from '@queueclaw/contracts';
import { openPairings } from '@queueclaw/mailbox';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import type { LightMyRequestResponse as Response } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from './console-fixture.js';
import { en } from './phrases/en.js';
import { zh } from './phrases/zh.js';

const token = 'an-operator-token-for-tests';
const host = 'localhost:3080';
const operator = { host, accept: 'text/html', authorization: `Bearer ${token}` };
const a = { tenant: 'default', conversation: 'c1' };
const usage = { inputTokens: 12, outputTokens: 3, cachedTokens: 2, costMicros: 12_500 };

let subject: TestConsole;

beforeAll(async () => {
  const channels = [{ name: 'telegram' }, { name: 'telegram', account: 'second', enable: false }];
  const options = { redisUrl: await sharedRedis(), namespace: uniqueNamespace(), channels };
  subject = await startTestConsole({ ...options, console: { operators: [{ token, name: 'Grace' }] } });
  const entry = { v: 1, turn: 1, at: Date.now() } as const;
  const calls = [{ call: '1.1.1', name: 'shell', args: { '7': 8 } }];
  const more: TranscriptEntry[] = [
    { ...entry, role: 'assistant', text: '看看', calls, model: 'small', usage },
    { ...entry, role: 'tool', call: '1.1.1', name: 'shell', ok: false, text: '无', code: 'tool.timeout', ms: 61_000 },
    { ...entry, role: 'assistant', text: '停', notice: true },
  ];
  await subject.turn(a, '你好', more);
  const { tag, redis } = subject.door.mailbox.shards.of(a);
  const letter = { v: 1, kind: 'messages', ...a, ids: ['m1'], tries: 6, why: '...', mail: [], at: Date.now() };
  await redis.rpush(keys.dead(tag), JSON.stringify(letter));
  const route = { channel: 'telegram', account: 'main', address: { chat: '7' } };
  const request = { v: 1 as const, from: { id: '7' }, conversation: 'telegram.main.7', language: 'zh', route };
  await openPairings(subject.door.mailbox.shards).ask({ ...a, account: 'telegram/main' }, request, 'K7QW3MXP');
});
afterAll(() => subject.stop());

const ask = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  subject.inject({ url, headers: { ...operator, ...headers } });

/** What people read on a page. */
const textOf = (page: string): string =>
  page
    .replace(/<head>[\s\S]*?<title>(.*?)<\/title>[\s\S]*?<\/head>/, '$1 ')
    .replace(/<(pre|code)[ >][\s\S]*?<\/\1>/g, ' ')
    .replace(/<a [^>]*hreflang[\s\S]*?<\/a>/, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&[a-z#0-9]+;/g, ' ');

/** Names, not words. */
const names =
  /\b(QueueClaw|Bull Board|UTC|Grace|default|telegram|main|second|messages|tasks|replies|schedules|c1|m1|shell|small|ada|agent|tool-runner|token|webhook|http|before|limit|USD|ms|min|s|K7QW3MXP|[a-z_]+\.[a-z_]+)\b/g;

const pages: Readonly<Record<string, { readonly url: string; readonly says: string; readonly status?: number }>> = {
  overview: { url: '/', says: '待处理的对话' },
  conversations: { url: '/conversations', says: '对话' },
  transcript: { url: '/conversations/default/c1', says: '输入 12 个 token' },
  turn: { url: '/conversations/default/c1/turns/1', says: '由系统结束' },
  usage: { url: '/usage', says: '输入 token' },
  channels: { url: '/channels', says: '已停用' },
  pairing: { url: '/pairing', says: '等待批准' },
  schedules: { url: '/schedules', says: '没有定时任务。' },
  approvals: { url: '/approvals', says: '目前没有等待批准的操作。' },
  'memory of a conversation': { url: '/memories?conversation=c1', says: '这里没有记住任何内容。' },
  'pairing, just done': { url: '/pairing?done=revoke', says: '对方不能再发消息。' },
  'dead letters': { url: '/dead-letters?done=retry', says: '尝试 6 次' },
  login: { url: '/login', says: '运维人员令牌' },
  'an error of the table': { url: '/nothing', says: '此地址没有内容', status: 404 },
  'an error of the console': { url: '/usage?day=never', says: '日期无效', status: 422 },
};

describe('in Chinese', () => {
  it.each(Object.entries(pages))('%s: no word on it is English', async (_name, { url, says, status = 200 }) => {
    const reply = await ask(url, { 'accept-language': 'zh-CN,zh;q=0.9' });
    expect(reply.statusCode).toBe(status);
    expect(reply.body).toContain('<html lang="zh-Hans">');
    const text = textOf(reply.body);
    expect(text).toContain(says);
    expect(text.replace(names, ' ').match(/[A-Za-z]{2,}/g) ?? []).toEqual([]);
    expect(/\{\w+\}|undefined/.exec(text)).toBeNull();
  });

  it('who is not an operator reads why, and programs read it too', async () => {
    const headers = { host, 'accept-language': 'zh' };
    const reply = await subject.inject({ url: '/api/conversations', headers });
    expect(reply.json()).toMatchObject({ error: { code: 'auth.required', message: zh['wrong.operator'] } });
  });
});

describe('the language', () => {
  const languageOf = (reply: Response): string | undefined => /<html lang="([^"]*)"/.exec(reply.body)?.[1];

  it('of the address is kept for what comes next, whatever the browser prefers', async () => {
    const chosen = await ask('/usage?lang=zh', { 'accept-language': 'en' });
    expect(languageOf(chosen)).toBe('zh-Hans');
    const cookie = String(chosen.headers['set-cookie']).split(';')[0] ?? '';
    expect(languageOf(await ask('/', { 'accept-language': 'en', cookie }))).toBe('zh-Hans');
    expect(languageOf(await ask('/?lang=en', { cookie }))).toBe('en');
  });

  it('is English without a wish, and for one that is none', async () => {
    for (const headers of [{}, { 'accept-language': 'fr' }, { cookie: 'queueclaw_language=x' }])
      expect(languageOf(await ask('/', headers))).toBe('en');
    const odd = await ask('/?lang=%0d%0aSet-Cookie:x');
    expect([languageOf(odd), odd.headers['set-cookie']]).toEqual(['en', undefined]);
  });

  it('can be changed on every page, and comes with the login', async () => {
    expect((await ask('/')).body).toContain('<a href="?lang=zh" lang="zh" hreflang="zh">中文</a>');
    const headers = { host, 'content-type': 'application/x-www-form-urlencoded', origin: `http://${host}` };
    const payload = `token=${token}&next=/`;
    const reply = await subject.inject({ method: 'POST', url: '/login?lang=zh', headers, payload });
    expect(reply.headers['set-cookie']).toHaveLength(2);
  });
});

it('no phrase is missing, empty or without its marks in another language', () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  const marks = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([mark]) => mark).toSorted();
  for (const [key, text] of Object.entries(zh)) {
    expect(text, key).not.toBe('');
    expect(marks(text), key).toEqual(marks(en[key as keyof typeof en]));
  }
});
