import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TextUnit } from './contract.js';
import { fenceAfter } from './fence.js';
import { measure } from './measure.js';
import { splitText } from './split-text.js';

const unit = fc.constantFrom<TextUnit>('characters', 'utf16', 'bytes');
const max = fc.integer({ min: 100, max: 400 });
const word = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
  fc.constantFrom(
    '你好，世界。',
    '这是一个很长的句子',
    '👩‍👩‍👧‍👦',
    '🇨🇳',
    'é',
    'Hello there. ',
    '\n\n',
    '\n',
    ' ',
    '    indented',
  ),
);
const prose = fc.array(word, { maxLength: 120 }).map((words) => words.join('').replaceAll(/[`~]/g, '-'));
const code = fc
  .tuple(
    fc.constantFrom('```', '````', '~~~'),
    fc.constantFrom('', 'ts', 'python title=x'),
    fc.array(word, { maxLength: 60 }),
  )
  .map(([marker, info, words]) => `\n${marker}${info}\n${words.join('').replaceAll(/[`~]/g, '-')}\n${marker}\n`);
const markdown = fc.array(fc.oneof(prose, code), { maxLength: 8 }).map((parts) => parts.join(''));

const visible = (text: string): string => text.replaceAll(/\s/g, '');
const withoutFences = (text: string): string =>
  visible(
    text
      .split('\n')
      .filter((line) => !/^ {0,3}(```|~~~)/.test(line))
      .join('\n'),
  );

describe('splitText', () => {
  test('no message is longer than the limit, empty, or blank', () => {
    fc.assert(
      fc.property(markdown, max, unit, (text, most, by) => {
        for (const message of splitText(text, most, by)) {
          expect(measure(message, by)).toBeLessThanOrEqual(most);
          expect(message.trim()).not.toBe('');
        }
      }),
    );
  });

  test('loses and adds nothing but white space at the cuts and the lines around code blocks', () => {
    fc.assert(
      fc.property(markdown, max, unit, (text, most, by) => {
        expect(withoutFences(splitText(text, most, by).join('\n'))).toBe(withoutFences(text));
      }),
    );
    fc.assert(
      fc.property(prose, max, unit, (text, most, by) => {
        expect(visible(splitText(text, most, by).join(''))).toBe(visible(text));
      }),
    );
  });

  test('every message closes the code blocks that it opens', () => {
    fc.assert(
      fc.property(markdown, max, unit, (text, most, by) => {
        for (const message of splitText(text, most, by)) expect(fenceAfter(undefined, message)).toBeUndefined();
      }),
    );
  });

  test('never cuts a character as people see it', () => {
    const family = '👩‍👩‍👧‍👦';
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), max, unit, (count, most, by) => {
        for (const message of splitText(family.repeat(count), most, by))
          expect(message.replaceAll(family, '')).toBe('');
      }),
    );
  });

  test('cuts even what has no place to cut: one letter under a thousand accents', () => {
    const text = `a${'\u0301'.repeat(1_000)}`;
    const messages = splitText(text, 100);
    expect(messages.join('')).toBe(text);
    expect(Math.max(...messages.map((message) => measure(message, 'characters')))).toBeLessThanOrEqual(100);
  });

  test('cuts Chinese after a sentence', () => {
    const sentence = '这是一个句子，它讲了一些事情。';
    const messages = splitText(sentence.repeat(20), 100);
    expect(messages.every((message) => message.endsWith('。'))).toBe(true);
  });

  test('never cuts a link, an address or code in a line that fits', () => {
    const thing = fc.constantFrom(
      '[a link with words](https://example.com/a_(b)?c=d)',
      '![what one sees](https://example.com/picture.png)',
      'https://example.com/a/long/path?with=words&and,marks',
      '`git commit -m words`',
    );
    const plain = fc.constantFrom('word', 'and another', '这是一个句子。', 'Said.', '- an item\n', '\n\n', '👩‍👩‍👧‍👦');
    const text = fc.array(fc.oneof(thing, plain), { minLength: 20, maxLength: 150 });
    fc.assert(
      fc.property(text, max, unit, (pieces, most, by) => {
        const messages = splitText(pieces.join(' '), most, by).join('\u0000');
        for (const piece of pieces)
          if (piece.length > 15 && measure(piece, by) < 90) expect(messages.split(piece).length).toBeGreaterThan(1);
        const count = (of: string, among: string): number => among.split(of).length;
        for (const one of new Set(pieces.filter((piece) => /^[!`[h]/.test(piece))))
          expect(count(one, messages)).toBe(count(one, pieces.join(' ')));
      }),
    );
  });

  test('cuts a link that is longer than a message', () => {
    const address = `https://example.com/${'x'.repeat(300)}`;
    expect(splitText(`Look: ${address} there.`, 100).join('').replaceAll(' ', '')).toBe(`Look:${address}there.`);
  });

  test('keeps the items of a list whole', () => {
    const item = fc.array(fc.constantFrom('some', 'words', '句子', 'é'), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(fc.array(item, { minLength: 5, maxLength: 60 }), max, (items, most) => {
        const lines = items.map((words, at) => `${at + 1}. ${words.join(' ')}`);
        const shown = splitText(lines.join('\n'), most).flatMap((message) => message.split('\n'));
        expect(shown).toEqual(lines);
      }),
    );
  });

  test('prefers the end of a paragraph, and drops the blank lines around it', () => {
    const text = `${'one '.repeat(20).trim()}\n\n${'two '.repeat(20).trim()}`;
    expect(splitText(text, 100)).toEqual(text.split('\n\n'));
  });

  test('closes a code block at the cut and opens it again with its language, indentation kept', () => {
    const lines = Array.from({ length: 12 }, (_, at) => `    line ${at} of the program`);
    const messages = splitText(`Look:\n\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\nDone.`, 150);
    expect(messages.length).toBeGreaterThan(2);
    for (const message of messages.slice(1, -1)) {
      expect(message.startsWith('```ts\n    line')).toBe(true);
      expect(message.endsWith('\n```')).toBe(true);
    }
  });

  test('leaves a text that fits as it is', () => {
    expect(splitText('short', 100)).toEqual(['short']);
    expect(splitText('', 100)).toEqual([]);
    expect(splitText(' \n ', 100)).toEqual([]);
  });

  test('is fast on a megabyte', () => {
    const startedAt = performance.now();
    expect(splitText('word '.repeat(200_000), 4_096).length).toBeGreaterThan(200);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
