import { expect, test } from 'vitest';
import { AppError, type ErrorCode, errorSentence, errorTable, publicMessageIn } from './errors.js';

test('every code has a sentence in Chinese', () => {
  const codes = Object.keys(errorTable) as ErrorCode[];
  expect(codes.filter((code) => !/\p{Script=Han}/u.test(errorSentence(code, 'zh')))).toEqual([]);
});

test('an error says its sentence in the language of people; what a process said in its own words stays', () => {
  expect(publicMessageIn(new AppError('rate.limited'), 'zh')).toBe('请求过多。');
  expect(publicMessageIn(new AppError('rate.limited'), 'en')).toBe('Too many requests.');
  const both = new AppError('request.invalid', { publicMessages: { en: 'No.', zh: '不行。' } });
  expect([both.message, publicMessageIn(both, 'en'), publicMessageIn(both, 'zh')]).toEqual(['No.', 'No.', '不行。']);
  expect(publicMessageIn(new AppError('request.invalid', { publicMessage: 'text: is missing' }), 'zh')).toBe(
    'text: is missing',
  );
});
