import { Reply } from '@queueclaw/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Channel, Outgoing } from './contract.js';
import { fenceAfter } from './fence.js';
import { measure } from './measure.js';
import { channels } from './registry.js';

const platforms = channels.filter(({ capabilities }) => capabilities.delivery === 'platform');

const words = fc.constantFrom(
  ...[
    'some words ',
    '这是一个句子，',
    '👩‍👩‍👧‍👦',
    '🇨🇳',
    'e\u0301\u0323',
    'a < b & c > d ',
    '<b>',
    '&lt;',
    '**',
    '_',
    '*strong* ',
    ' ~ ',
    '`code` ',
  ],
  ...[
    '[a link](https://example.com/a?b=1&c="d") ',
    'https://example.com/x_y_z ',
    '<@everyone> ',
    '<!channel> ',
    '\n',
    '\n\n',
    '> ',
    '# ',
  ],
);
const prose = fc.array(words, { minLength: 1, maxLength: 40 }).map((some) => some.join(''));
const list = fc
  .array(prose, { minLength: 1, maxLength: 12 })
  .map((items) => items.map((item, at) => `${at + 1}. ${item.replaceAll('\n', ' ')}`).join('\n'));
const code = fc
  .tuple(fc.constantFrom('```', '````', '~~~'), fc.constantFrom('', 'ts', 'c++'), fc.array(words, { maxLength: 40 }))
  .map(([marker, language, some]) => {
    const inside = some.join('').replaceAll(/^ {0,3}(`{3,}|~{3,}).*$/gm, '');
    return `${marker}${language}\n${marker === '```' ? inside : `${inside}\n\`\`\` inside`}\n${marker}`;
  });
const table = fc.constant('| a | b |\n| - | - |\n| one < two | `three` |');
const block = fc.oneof(prose, list, code, table);
/** Long enough for several messages of any platform, and short enough for those that take few. */
const answer = fc
  .tuple(fc.array(block, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 25 }))
  .map(([blocks, times]) => Array.from({ length: times }, () => blocks.join('\n\n')).join('\n\n'));

const rendered = async ({ name, load }: Channel): Promise<(text: string) => readonly Outgoing[]> => {
  const { render } = await load();
  return (text) =>
    render(
      Reply.parse({
        v: 1,
        id: 'r',
        turn: 1,
        text,
        answers: ['m'],
        status: 'answered',
        route: { channel: name },
        at: 0,
      }),
    );
};
const texts = ({ text, body }: Outgoing): readonly string[] => [
  text,
  ...(typeof body === 'string'
    ? [body]
    : Object.values((body ?? {}) as object).filter((one) => typeof one === 'string')),
];
const checked = (check: (text: string) => void): void =>
  fc.assert(
    fc.property(answer, (text) => check(text)),
    { numRuns: 25 },
  );

describe.each(platforms.map((channel) => [channel.name, channel] as const))('a long answer in %s', (_name, channel) => {
  const { textMax, textUnit } = channel.capabilities;

  test('comes in messages within the limit, of whole characters, each with the code blocks closed that it opens', async () => {
    const render = await rendered(channel);
    checked((text) => {
      for (const message of render(text)) {
        expect(measure(message.text, textUnit)).toBeLessThanOrEqual(textMax);
        expect(fenceAfter(undefined, message.text)).toBeUndefined();
        for (const one of texts(message)) expect([one.isWellFormed(), one.trim() === '']).toEqual([true, false]);
        // No accent or joiner begins a message: what it belongs to would be in the one before.
        expect(message.text).not.toMatch(/^[\p{M}\u200d]/u);
      }
    });
  });

  test('keeps its links whole', async () => {
    const render = await rendered(channel);
    const link = '[a link](https://example.com/a?b=1&c="d")';
    checked((text) => {
      const shown = render(text)
        .map((message) => message.text)
        .join('\u0000');
      const count = (of: string): number => shown.split(of).length;
      expect([count('['), count('&c="d")')]).toEqual([count(link), count(link)]);
    });
  });
});

test.each(['```\n\n```', '[x]: https://example.com'])(
  'what Markdown shows nothing of is not sent as nothing: %j',
  async (text) => {
    for (const channel of platforms)
      for (const message of (await rendered(channel))(text))
        for (const one of texts(message)) expect(one.trim(), channel.name).not.toBe('');
  },
);

/** Tags that are open at the end, or closed in the wrong order. */
const unbalanced = (html: string): readonly string[] => {
  const open: string[] = [];
  for (const [, close, name = ''] of html.matchAll(/<(\/?)([a-z]+)[^>]*>/g))
    if (close === '') open.push(name);
    else if (open.pop() !== name) return [name];
  return open;
};
const channelOf = (name: string): Channel => platforms.find((one) => one.name === name) ?? expect.fail(name);

test('each message of Telegram is HTML whose tags are closed in order, with nothing but its own tags and entities', async () => {
  const render = await rendered(channelOf('telegram'));
  checked((text) => {
    for (const { body } of render(text)) {
      const html = String(body);
      expect(unbalanced(html)).toEqual([]);
      const left = html.replaceAll(/<\/?(?:b|i|s|code|pre|blockquote|a)(?: (?:class|href)="[^"<>]*")?>/g, '');
      expect(left).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
      expect(left.replaceAll(/&\w+;/g, '.').length).toBeLessThanOrEqual(4_096);
    }
  });
});

test('each message of Slack has angle brackets for links alone, each closed', async () => {
  const render = await rendered(channelOf('slack'));
  checked((text) => {
    for (const { body } of render(text))
      expect(
        String(body)
          .replaceAll(/<https?:[^<>|\n]+\|[^<>]*>/g, '')
          .replaceAll(/^> ?/gm, '')
          .replaceAll(/^(?:> )+/gm, ''),
      ).not.toMatch(/</);
  });
});

test.each(['slack', 'whatsapp', 'xmpp'])('each message of %s closes the blocks of code that it opens', async (name) => {
  const render = await rendered(channelOf(name));
  checked((text) => {
    for (const { text: markdown, body } of render(text))
      if (body !== markdown) expect((String(body).match(/^(?:> )*```/gm) ?? []).length % 2).toBe(0);
  });
});
