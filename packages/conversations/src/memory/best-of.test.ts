import type { Memory } from '@queueclaw/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bestOf } from './best-of.js';
import { fitting } from './fitting.js';
import { wordsOf } from './words-of.js';

const memory = (text: string, at: number): Memory => ({ v: 1, id: `id${at}00`, text, by: 'x', at });
const facts = [
  '小明对花生过敏',
  '下个月搬到上海',
  'Her sister plays two violins',
  'ラーメンが好きです',
  'Ｆｕｌｌ width',
].map(memory);
const found = (query: string): readonly string[] => bestOf(facts, query).map(({ text }) => text);

it.each([
  ['花生', '小明对花生过敏'],
  ['他什么时候去上海？', '下个月搬到上海'],
  ['VIOLIN', 'Her sister plays two violins'],
  ['好きなラーメン', 'ラーメンが好きです'],
  ['full', 'Ｆｕｌｌ width'],
])('finds by %s', (query, text) => {
  expect(found(query)[0]).toBe(text);
});

it('finds nothing by what no memory says, and nothing by nothing', () => {
  expect(found('quantum 量子')).toEqual([]);
  expect(found(' …！')).toEqual([]);
});

it('puts the one first that says more of it, and the newer of two that say the same', () => {
  const all = [memory('red car', 1), memory('blue car', 2), memory('blue car', 3)];
  expect(bestOf(all, 'the blue car').map(({ at }) => at)).toEqual([3, 2, 1]);
});

it('brings along all that fits, oldest first, and what is asked for before what is new', () => {
  expect(fitting(facts.toReversed(), '', 10_000)).toEqual(facts);
  expect(fitting(facts, '花生', 25).map(({ text }) => text)).toContain('小明对花生过敏');
  expect(fitting(facts, '花生', 0)).toEqual([]);
});

it('takes any text apart, within bounds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const words = wordsOf(text, 50);
      expect(words.length).toBeLessThanOrEqual(50);
      expect(bestOf([memory(text || 'x', 1)], text).length).toBe(words.length > 0 ? 1 : 0);
    }),
    { numRuns: 50 },
  );
});
