import { AppError, type Reply } from '@queueclaw/contracts';
import { eventually, type FakeTelegram, startFakeTelegram } from '@queueclaw/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import type { ChannelDoor, Connection, Incoming } from '../contract.js';
import { createLanes } from '../lanes.js';
import { TelegramConfig } from './config.js';
import { connect } from './connect.js';
import { telegramHtml } from './html.js';
import { parse } from './parse.js';
import { render } from './render.js';
import { Update } from './update.js';

let platform: FakeTelegram;
beforeAll(async () => {
  platform = await startFakeTelegram();
});
afterAll(() => platform.close());

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const configOf = (more: Record<string, unknown> = {}): TelegramConfig =>
  TelegramConfig.parse({ token: platform.token, api_root: platform.url, ...more });

type Line = { connection: Connection; received: string[]; troubles: (string | undefined)[]; stop: () => Promise<void> };

/** A bot that listens, to one conversation; `fail` makes the door refuse that many times, `hold` keeps it busy with a text. */
async function call(
  config: TelegramConfig = configOf(),
  fail = 0,
  hold: (text: string) => Promise<void> = async () => undefined,
): Promise<Line> {
  const stopping = new AbortController();
  const received: string[] = [];
  const troubles: (string | undefined)[] = [];
  let left = fail;
  const lanes = createLanes(10);
  const door: ChannelDoor = {
    account: 'main',
    signal: stopping.signal,
    notes: { read: async () => undefined, write: async () => undefined },
    trouble: (sentence) => void troubles.push(sentence),
    receive: (payload) => {
      const { text = '', chat } = Update.parse(payload).message ?? {};
      return lanes.run(String(chat?.id), async () => {
        if ((left -= 1) >= 0) throw new AppError('system.unavailable');
        await hold(text);
        received.push(text);
      });
    },
  };
  const connection = await connect(config, door);
  const listening = connection.listen?.(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await listening;
  };
  ends.push(stop);
  return { connection, received, troubles, stop };
}

describe('listening', () => {
  it('receives in order what was written before and after it began', async () => {
    platform.say('before');
    const { received } = await call();
    platform.say('after');
    await eventually(() => expect(received).toEqual(['before', 'after']));
  });

  it('asks again for what could not be made durable', async () => {
    platform.say('first');
    platform.say('second');
    const { received, troubles } = await call(configOf(), 1);
    await eventually(() => expect(received).toEqual(['first', 'second']));
    expect(troubles.some((sentence) => sentence !== undefined)).toBe(true);
    expect(troubles.at(-1)).toBeUndefined();
  });

  it('one that takes its time holds up its own chat only, and is confirmed when it is taken, not before', async () => {
    const slow = Promise.withResolvers<void>();
    const hold = (text: string): Promise<void> => (text === 'slow' ? slow.promise : Promise.resolve());
    platform.say('slow');
    platform.say('behind it');
    const first = await call(configOf(), 0, hold);
    for (const text of ['one', 'two']) {
      platform.say(text, { message: { chat: { id: 4712, type: 'private' } } });
      await eventually(() => expect(first.received).toContain(text));
    }
    expect(first.received).toEqual(['one', 'two']);
    // The process ends before it is taken: it comes again, and what was taken meanwhile too.
    slow.reject(new AppError('system.unavailable'));
    await first.stop();
    const second = await call();
    platform.say('last');
    await eventually(() => expect(second.received).toContain('last'));
    expect(second.received.filter((text) => !['one', 'two'].includes(text))).toEqual(['slow', 'behind it', 'last']);
    expect(second.received.filter((text) => ['one', 'two'].includes(text))).toEqual(['one', 'two']);
  });

  it('goes on after the platform was away, and says meanwhile what is wrong, without the token', async () => {
    const { received, troubles } = await call();
    platform.next('getUpdates', 'cut before');
    platform.next('getUpdates', { code: 502, description: 'Bad Gateway' });
    platform.say('one');
    await eventually(() => expect(received).toEqual(['one']));
    platform.say('two');
    await eventually(() => expect(received).toEqual(['one', 'two']), { timeoutMs: 10_000 });
    expect(JSON.stringify(troubles)).not.toContain('a-token-of');
  });

  it('does not connect with a wrong token, and does not tell it', async () => {
    const wrong = call(configOf({ token: '1:wrong-wrong-wrong' }));
    await expect(wrong).rejects.toMatchObject({ code: 'channel.failed', publicMessage: 'Telegram: 401 Unauthorized' });
  });
});

describe('sending', () => {
  const route = { channel: 'telegram', account: 'main', address: { chat: '-100', thread: '7', message: '12' } };
  const send = async ({ connection }: Line, text: string): Promise<void> => {
    const reply: Reply = { v: 1, id: 'r1', turn: 1, text, answers: [], status: 'answered', route, at: 0 };
    for (const [part, out] of render(reply).entries())
      await connection.send?.(out, route, `key/${part}`, new AbortController().signal);
  };

  it('sends Markdown as Telegram shows it, into the topic and under the message that it answers', async () => {
    const line = await call();
    await send(line, 'A **bold** `a<b` & [link](https://example.com)\n\n```ts\nif (a && b) c<d>();\n```');
    expect(platform.sent.at(-1)).toEqual({
      ...{ chat: '-100', html: true, thread: 7, replyTo: 12 },
      text: 'A bold a<b & link\n\nif (a && b) c<d>();',
    });
  });

  it('sends plain text when Telegram does not understand the markup', async () => {
    const line = await call();
    platform.next('sendMessage', { code: 400, description: "Bad Request: can't parse entities: byte offset 7" });
    await send(line, 'still **here**');
    expect(platform.sent.at(-1)).toMatchObject({ html: false, text: 'still **here**' });
  });

  test.each([
    [{ code: 429, description: 'Too Many Requests: retry after 7', retryAfter: 7 }, 'channel.failed', 7_000],
    [{ code: 502, description: 'Bad Gateway' }, 'channel.failed', undefined],
    ['cut after accepting', 'channel.failed', undefined],
    [{ code: 403, description: 'Forbidden: bot was blocked by the user' }, 'channel.rejected', undefined],
    [{ code: 400, description: 'Bad Request: chat not found' }, 'channel.rejected', undefined],
  ] as const)('tells what to do about %j', async (mishap, code, retryAfterMs) => {
    const line = await call();
    platform.next('sendMessage', mishap);
    await expect(send(line, 'x')).rejects.toMatchObject({ code, retryAfterMs });
  });
});

describe('what it says of a message', () => {
  const group = { id: -5, type: 'supergroup' };
  const from = { id: 4711, is_bot: false, first_name: 'Ada' };
  const said = (message: Record<string, unknown>): readonly Incoming[] =>
    parse(
      { update_id: 1, message: { message_id: 1, from, chat: { id: 4711, type: 'private' }, text: 'x', ...message } },
      { account: 'main', self: 'claw_bot', newId: () => 'x' },
    );
  const speaks = (message: Record<string, unknown>): boolean | undefined => said(message)[0]?.addressed;

  it('where it stands', () => {
    expect(said({})).toMatchObject([{ place: { kind: 'direct', id: '4711' }, addressed: true }]);
    expect(said({ chat: group })).toMatchObject([{ place: { kind: 'group', id: '-5' }, addressed: false }]);
  });

  it('in a group: whether it names the bot or answers it', () => {
    expect(speaks({ chat: group, text: 'hey @Claw_Bot do it' })).toBe(true);
    expect(speaks({ chat: group, text: 'mail me@claw_bot.example' })).toBe(false);
    expect(speaks({ chat: group, text: '/stop@claw_bot' })).toBe(true);
    expect(speaks({ chat: group, text: '@claw_bots' })).toBe(false);
    expect(speaks({ chat: group, reply_to_message: { from: { id: 1, username: 'claw_bot' } } })).toBe(true);
  });

  it('of bots: nothing', () => {
    expect(said({ from: { ...from, is_bot: true } })).toEqual([]);
  });
});

test('Markdown becomes HTML that Telegram takes, whatever is in it', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['# Title', '<b>Title</b>'],
    ['*a* **b** ~~c~~', '<i>a</i> <b>b</b> <s>c</s>'],
    ['<script>alert(1)</script> & co', '&lt;script&gt;alert(1)&lt;/script&gt; &amp; co'],
    ['- one\n- two\n  - three', '• one\n• two\n   • three'],
    ['3. a\n4. b', '3. a\n4. b'],
    ['[x](javascript:alert)', 'x (javascript:alert)'],
    ['> quoted', '<blockquote>quoted</blockquote>'],
    ['```c++\na<b\n```', '<pre><code class="language-c++">a&lt;b</code></pre>'],
    ['| a | b |\n|---|---|\n| 1 | 22 |', '<pre>a | b\n1 | 22</pre>'],
    ['你好 👩‍👩‍👧', '你好 👩‍👩‍👧'],
  ];
  for (const [markdown, html] of cases) expect(telegramHtml(markdown), markdown).toBe(html);
});
