import { AppError, type Reply } from '@queueclaw/contracts';
import { eventually, type FakeDingTalk, startFakeDingTalk } from '@queueclaw/testing';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Connection } from '../contract.js';
import { DingTalkConfig } from './config.js';
import { connect } from './connect.js';
import { parse } from './parse.js';
import { render } from './render.js';

let platform: FakeDingTalk;
let received: string[] = [];
let troubles: (string | undefined)[] = [];
let facts: unknown[] = [];
let refuse: AppError | undefined;
let stopping = new AbortController();
let listening: Promise<unknown>[] = [];
/** What the SDK writes by itself. */
let output: string[] = [];

const configOf = (more: Record<string, unknown> = {}): DingTalkConfig =>
  DingTalkConfig.parse({
    ...{
      client_id: platform.clientId,
      client_secret: platform.secret,
      api_root: platform.url,
      ...more,
    },
  });
const open = (config: DingTalkConfig): Promise<Connection> =>
  connect(config, {
    account: 'main',
    signal: stopping.signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: (sentence) => void troubles.push(sentence),
    receive: async (payload) => {
      if (refuse !== undefined) throw refuse;
      const heard = parse(payload, { account: 'main', newId: () => 'x' });
      received.push(...heard.map(({ mail }) => mail.text));
      facts.push(...heard.map(({ place, addressed }) => ({ place, addressed })));
    },
  });
const listen = async (more?: Record<string, unknown>, signal = new AbortController().signal): Promise<void> => {
  const connection = await open(configOf(more));
  const before = platform.listeners();
  listening.push(connection.listen?.(signal) ?? Promise.resolve());
  await eventually(() => expect(platform.listeners()).toBe(before + 1));
};
const heard = (): Promise<void> => eventually(() => expect(platform.unacknowledged()).toBe(0));

beforeEach(async () => {
  output = [];
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void output.push(inspect(said, { depth: 9 })));
  platform = await startFakeDingTalk();
  [received, facts, troubles, listening, refuse, stopping] = [[], [], [], [], undefined, new AbortController()];
});
afterEach(async () => {
  stopping.abort();
  await Promise.all(listening);
  await platform.close();
  vi.restoreAllMocks();
});

const group = { conversationType: '2', conversationId: 'cidGroup==' };

describe('listening', () => {
  it('hears people alone and what mentions it in groups, and says which it is', async () => {
    await listen();
    platform.say('alone');
    platform.say('in a group', { ...group, senderStaffId: 'eve' });
    platform.say('of another company', { senderStaffId: undefined });
    platform.say('', { msgtype: 'picture', content: { downloadCode: 'x' } });
    await heard();
    expect(received).toEqual(['alone', 'in a group', '']);
    expect(facts).toEqual([
      { place: { kind: 'direct', id: expect.any(String) }, addressed: true },
      { place: { kind: 'group', id: group.conversationId }, addressed: true },
      { place: { kind: 'direct', id: expect.any(String) }, addressed: true },
    ]);
  });

  it('acknowledges only what is durable, and hears the rest again', async () => {
    await listen();
    refuse = new AppError('system.unavailable');
    platform.say('x');
    await eventually(() => expect(troubles.at(-1)).toBe(new AppError('system.unavailable').publicMessage));
    expect(platform.unacknowledged()).toBe(1);
    refuse = undefined;
    platform.repeat();
    await heard();
    expect(received).toEqual(['x']);
    expect(troubles.at(-1)).toBeUndefined();
  });

  test.each([
    ['the line broke', () => platform.cut()],
    ['what came was no JSON', () => platform.push('x')],
  ])('connects again after %s, and hears what was said meanwhile', async (_, breaks) => {
    await listen();
    breaks();
    await eventually(() => expect(platform.listeners()).toBe(0));
    platform.say('meanwhile');
    await heard();
    expect(received).toEqual(['meanwhile']);
    expect(troubles).toContain('DingTalk ended the stream.');
  });

  it('goes on when a stream is refused, and neither it nor the SDK tells a secret', async () => {
    platform.spoilTicket();
    await listen();
    expect(troubles).toContain('DingTalk cannot be reached.');
    expect(output.join('\n')).toContain('ERROR');
    for (const secret of ['ticket', platform.secret]) expect([...output, ...troubles].join('\n')).not.toContain(secret);
  });

  it('ends with its signal, and leaves what comes then to the next', async () => {
    const lease = new AbortController();
    await listen({}, lease.signal);
    lease.abort();
    await Promise.all(listening);
    await eventually(() => expect(platform.listeners()).toBe(0));
    platform.say('for the next');
    await listen();
    await heard();
    expect(received).toEqual(['for the next']);
  });
});

describe('sending', () => {
  const route = { channel: 'dingtalk', account: 'main', address: { group: group.conversationId } };
  const signal = new AbortController().signal;
  const replyOf = (text: string): Reply => ({
    v: 1,
    id: 'r',
    turn: 1,
    text,
    answers: [],
    status: 'answered',
    route,
    at: 0,
  });
  const send = async (
    connection: Connection,
    text: string,
    address: Record<string, string> = route.address,
  ): Promise<void> => {
    for (const out of render(replyOf(text))) await connection.send?.(out, { ...route, address }, 'key', signal);
  };

  it('sends Markdown as DingTalk shows it, to groups and people', async () => {
    const connection = await open(configOf());
    await send(connection, '# Plan\n\none\ntwo ~~x~~\n\n```ts\na\nb\n```\n\n|a|b|\n|-|-|\n|1|2|');
    await send(connection, 'hello', { person: 'ada' });
    expect(platform.sent).toEqual([
      {
        ...{ to: 'cidGroup==', title: expect.stringMatching(/^Plan one/) },
        markdown: '**Plan**\n\none  \ntwo x\n\n```ts\na\nb\n```\n\n```\na | b\n1 | 2\n```',
      },
      { to: 'ada', title: 'hello', markdown: 'hello' },
    ]);
  });

  test.each([
    ['Chinese', '这是一个句子，它讲了一些事情。'.repeat(2_000)],
    ['signs that count twice', '"\\\n'.repeat(5_000)],
    ['a table that padding would blow up', `|a|b|\n|-|-|\n|${'x'.repeat(3_000)}|1|\n${'|1|2|\n'.repeat(500)}`],
  ])('sends %s in parts that DingTalk takes', async (_, text) => {
    await send(await open(configOf()), text);
    expect(platform.sent.length).toBe(render(replyOf(text)).length);
  });

  test.each([
    [{ status: 429 }, 'channel.failed', 5_000],
    [{ status: 403, code: 'Forbidden.AccessDenied.QpsLimitForApi' }, 'channel.failed', 5_000],
    [{ flowControlled: true }, 'channel.failed', 5_000],
    [{ status: 503 }, 'channel.failed', undefined],
    ['cut after accepting', 'channel.failed', undefined],
    [{ status: 400, code: 'robot.notExist' }, 'channel.rejected', undefined],
    [{ invalid: true }, 'channel.rejected', undefined],
  ] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
    const connection = await open(configOf());
    platform.next(mishap);
    await expect(send(connection, 'x', { person: 'ada' })).rejects.toMatchObject({ code, retryAfterMs });
  });

  it('asks for another token when one ended before its time', async () => {
    const connection = await open(configOf());
    platform.endToken();
    await expect(send(connection, 'x')).rejects.toMatchObject({ code: 'channel.failed' });
    await send(connection, 'x');
    expect(platform.sent).toHaveLength(1);
  });

  it('does not connect with a wrong or blank secret, and does not tell it', async () => {
    const wrong = 'a-wrong-secret-of-ours';
    const failure: unknown = await open(configOf({ client_secret: wrong })).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'channel.rejected' });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(wrong);
    for (const secret of ['', ' '.repeat(20)])
      expect(DingTalkConfig.safeParse({ ...configOf(), client_secret: secret }).success).toBe(false);
  });
});

it('an answer grows in the card that is configured, and ends it; without one it does not grow', async () => {
  const card = await open(configOf({ card_template_id: 'a-card.schema', card_variable: 'words' }));
  const { signal } = new AbortController();
  for (const address of [{ person: 'ada' }, { group: 'cidGroup==' }]) {
    const route = { channel: 'dingtalk', address };
    const before = platform.sent.length;
    const id = await card.send?.({ text: 'half', growing: true }, route, `draft ${before}`, signal);
    expect(platform.sent.slice(before)).toEqual([{ to: Object.values(address)[0], title: '', markdown: 'half' }]);
    await card.edit?.(String(id), { text: 'more', growing: true }, route, signal);
    expect(platform.cards().at(-1)).toBe(false);
    await card.edit?.(String(id), { text: 'whole' }, route, signal);
    expect([platform.sent.at(-1)?.markdown, platform.cards().at(-1)]).toEqual(['whole', true]);
  }
  expect((await open(configOf())).edit).toBeUndefined();
});
