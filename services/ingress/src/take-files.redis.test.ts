import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActorAddress, channelConversation, type PersonMail } from '@queueclaw/contracts';
import { eventually, type FakeTelegram, sharedRedis, startFakeTelegram, uniqueNamespace } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestIngress, type TestIngress } from './ingress-fixture.js';

let telegram: FakeTelegram;
let home: string;
let sharedUrl: string;
let ingress: TestIngress;
const patience = { timeoutMs: 15_000 };
let chats = 100;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-take-files-'));
  telegram = await startFakeTelegram();
  sharedUrl = await sharedRedis();
  const account = { token: telegram.token, api_root: telegram.url };
  const config = {
    channels: [{ name: 'telegram', access: { direct: 'open' }, config: account }],
    state: { blobs: { max_size: '64KiB' } },
  };
  ingress = await startTestIngress({
    ...{ redisUrl: sharedUrl, namespace: uniqueNamespace(), home },
    config: config as unknown as NonNullable<Parameters<typeof startTestIngress>[0]['config']>,
  });
});
afterAll(async () => {
  await ingress.stop();
  await telegram.close();
  await rm(home, { recursive: true, force: true });
});

/** Somebody new sends it, or who says so; what waits for an agent then, and what they are told meanwhile. */
const send = (
  message: Record<string, unknown>,
  id: number = (chats += 1),
): { mail(): Promise<readonly PersonMail[]>; told(): string[] } => {
  const from = { id, is_bot: false, first_name: 'Ada', language_code: 'zh' };
  telegram.say('', { message: { from, chat: { id, type: 'private' }, ...message } });
  const conversation = channelConversation({ channel: 'telegram', account: 'main', peer: String(id) });
  const address: ActorAddress = { tenant: 'default', conversation };
  return {
    mail: () => eventually(async () => (await ingress.claim(address)).inbox().mail, patience),
    told: () => telegram.sent.flatMap(({ chat, text }) => (chat === String(id) ? [text] : [])),
  };
};
const bytesOf = async (id: string): Promise<string> => {
  const found = await ingress.blobs.get('default', id);
  let text = '';
  for await (const piece of found?.stream ?? []) text += String(piece);
  return text;
};

it('a document is kept before its message is accepted, and named in it', async () => {
  const file = telegram.keep(Buffer.from('what it says'));
  const sent = send({
    text: undefined,
    caption: 'please read',
    document: { file_id: file, file_name: 'a.txt', mime_type: 'text/plain' },
  });
  const [mail] = await sent.mail();
  expect(mail).toMatchObject({ text: 'please read', attachments: [{ name: 'a.txt', type: 'text/plain', size: 12 }] });
  expect(await bytesOf(mail?.attachments?.[0]?.id ?? '')).toBe('what it says');
});

it('a picture without words is a message', async () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const sent = send({ text: undefined, photo: [{ file_id: telegram.keep(png), width: 1, height: 1 }] });
  expect(await sent.mail()).toMatchObject([{ text: '', attachments: [{ type: 'image/png' }] }]);
});

it.each([
  ['is too large', 'larger than', () => telegram.keep(Buffer.alloc(70_000))],
  ['cannot be had', 'did not give it out', () => telegram.keep()],
])('a file that %s is named to the model, its words are read', async (_, why, file) => {
  const sent = send({ text: undefined, caption: 'look', document: { file_id: file(), file_name: 'a.txt' } });
  const [mail] = await sent.mail();
  expect(mail?.text).toMatch(new RegExp(`^look\n\\[The file "a\\.txt" .*${why}`));
  expect(mail?.attachments).toBeUndefined();
});

it('who sent nothing that can be read is told so in their language, and nothing waits', async () => {
  const file = send({ text: undefined, document: { file_id: 'nobody-knows-it', file_name: 'a.txt' } });
  const voice = send({
    text: undefined,
    voice: { file_id: telegram.keep(Buffer.from('OggS')), mime_type: 'audio/ogg' },
  });
  await eventually(() => expect([file.told(), voice.told()].flat()).toHaveLength(2), patience);
  expect(file.told()[0]).toContain('无法读取这个文件');
  expect(voice.told()[0]).toContain('语音消息');
});

it('a command in a caption is obeyed without looking at the file', async () => {
  const sent = send({ text: undefined, caption: '/stop', document: { file_id: 'nobody-knows-it' } });
  const next = send({ text: 'afterwards' });
  expect(await next.mail()).toMatchObject([{ text: 'afterwards' }]);
  expect(sent.told()).toEqual([]);
});

it('a file that takes its time holds up its own conversation, in order, and nobody else', async () => {
  const somebody = (chats += 1);
  telegram.giving.next('slow');
  const file = telegram.keep(Buffer.from('at last'));
  const slow = send({ text: undefined, caption: 'first', document: { file_id: file, file_name: 'a.txt' } }, somebody);
  send({ text: 'second' }, somebody);
  const other = send({ text: 'meanwhile' });
  expect(await other.mail()).toMatchObject([{ text: 'meanwhile' }]);
  const later = send({ text: 'still meanwhile' });
  expect(await later.mail()).toMatchObject([{ text: 'still meanwhile' }]);
  expect(telegram.giving.open()).toBe(1);
  telegram.giving.goOn();
  await eventually(async () => {
    const mail = await slow.mail();
    expect(mail).toMatchObject([{ text: 'first', attachments: [{ size: 7 }] }, { text: 'second' }]);
  }, patience);
});

it.each([
  ['has no end', 'endless', 'larger than'],
  ['breaks off', 'broken off', 'broke off'],
  ['is a page to log in instead', 'wrong type', 'did not give it out'],
] as const)('a file that %s is named to the model', async (_, manner, why) => {
  telegram.giving.next(manner);
  const document = { file_id: telegram.keep(Buffer.from('some words')), file_name: 'a.txt', mime_type: 'text/plain' };
  const [mail] = await send({ text: undefined, caption: 'look', document }).mail();
  expect(mail?.text).toMatch(new RegExp(`^look\n\\[The file "a\\.txt" .*${why}`));
  expect(mail?.attachments).toBeUndefined();
  await eventually(() => expect(telegram.giving.open()).toBe(0), patience);
});

/** Another ingress, of a platform of its own. */
const startBeside = (platform: FakeTelegram, namespace: string, more: object = {}): Promise<TestIngress> => {
  const account = { token: platform.token, api_root: platform.url };
  const config = { channels: [{ name: 'telegram', access: { direct: 'open' }, config: account }], ...more };
  return startTestIngress({
    ...{ redisUrl: sharedUrl, namespace, home },
    config: config as unknown as NonNullable<Parameters<typeof startTestIngress>[0]['config']>,
  });
};
const peer = (id: string): ActorAddress => ({
  tenant: 'default',
  conversation: channelConversation({ channel: 'telegram', account: 'main', peer: id }),
});

it('where something listens to voice notes, one is kept as such and is a message without words', async () => {
  const platform = await startFakeTelegram();
  const speech = { transcribe: { base_url: 'http://127.0.0.1:9/v1' } };
  const listening = await startBeside(platform, uniqueNamespace(), { speech });
  const voice = { file_id: platform.keep(Buffer.from('OggS and more')), mime_type: 'audio/ogg', duration: 2 };
  platform.say('', { message: { text: undefined, voice } });
  await eventually(async () => {
    const { mail } = (await listening.claim(peer('4711'))).inbox();
    expect(mail).toMatchObject([{ text: '', attachments: [{ type: 'audio/ogg', size: 13, voice: true }] }]);
  }, patience);
  await listening.stop();
  await platform.close();
});

it('who stops in the middle of a file has not confirmed its message: whoever comes next takes it, and what came behind it', async () => {
  const namespace = uniqueNamespace();
  const platform = await startFakeTelegram();
  const first = await startBeside(platform, namespace);
  platform.giving.next('slow');
  const document = { file_id: platform.keep(Buffer.from('whole')), file_name: 'a.txt' };
  platform.say('', { message: { text: undefined, caption: 'first', document } });
  platform.say('second');
  await eventually(() => expect(platform.giving.open()).toBe(1), patience);
  await first.stop();
  const next = await startBeside(platform, namespace);
  await eventually(async () => {
    const { mail } = (await next.claim(peer('4711'))).inbox();
    expect(mail).toMatchObject([{ text: 'first', attachments: [{ size: 5 }] }, { text: 'second' }]);
  }, patience);
  await next.stop();
  await platform.close();
});
