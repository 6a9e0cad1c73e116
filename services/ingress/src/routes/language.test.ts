import { expect, test } from 'vitest';
import { languageOf } from './language.js';

test.each([
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
  ['en', 'en'],
  [' de ; q=1', 'de'],
  ['*', undefined],
  ['', undefined],
  [undefined, undefined],
  ['x'.repeat(10_000), undefined],
  ['en_US', undefined],
])('of %j the language is %j', (header, language) => {
  expect(languageOf(header)).toBe(language);
});
