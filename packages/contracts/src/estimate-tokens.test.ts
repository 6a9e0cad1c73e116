import { describe, expect, it } from 'vitest';
import { estimateRequestTokens, estimateTokens } from './estimate-tokens.js';

// What two public vocabularies (o200k, cl100k) make of these texts; the higher count.
const counted: readonly (readonly [string, string, number])[] = [
  ['English', 'Every message that was accepted ends in exactly one of three ways.', 13],
  ['Chinese', '请问明天北京的天气怎么样？我需要带伞吗？', 23],
  ['traditional Chinese', '繁體中文的測試文字，請問這個系統能否處理臺灣與香港使用者的訊息？', 48],
  ['Japanese', 'これはトークン数を見積もるための日本語の文章です。カタカナとひらがな、漢字が混ざっています。', 45],
  ['Korean', '이것은 토큰 수를 추정하기 위한 한국어 문장입니다. 비용을 넘지 않아야 합니다.', 36],
  ['Russian', 'Это предложение на русском языке для оценки числа токенов, которое не должно быть занижено.', 37],
  ['Arabic', 'هذه جملة باللغة العربية لتقدير عدد الرموز ولا ينبغي أن تكون أقل من الواقع.', 53],
  ['Hindi', 'यह हिन्दी में एक वाक्य है जिससे टोकन की संख्या का अनुमान लगाया जाता है।', 70],
  ['Thai', 'นี่คือประโยคภาษาไทยสำหรับประมาณจำนวนโทเค็น', 43],
  ['Amharic', 'ይህ የአማርኛ ዓረፍተ ነገር ነው።', 51],
  ['emoji', '😀🎉👨‍👩‍👧‍👦🏳️‍🌈🇨🇳🧑🏽‍💻', 48],
  ['consonants', 'xqzvkjwqzxvkjqwzxkvj', 14],
  ['a hash', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 43],
];

describe('the estimate of tokens', () => {
  it.each(counted)('is not below what vendors count: %s', (_name, text, tokens) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(tokens);
  });

  it.each(counted.slice(0, 5))('is not above 2.5 times of it: %s', (_name, text, tokens) => {
    expect(estimateTokens(text)).toBeLessThanOrEqual(tokens * 2.5);
  });

  it('is more than a token for each Chinese character', () => {
    expect(estimateTokens('预算')).toBeGreaterThan(2);
    expect(estimateTokens('')).toBe(0);
  });

  it('counts everything that a request holds', () => {
    const text = 'hello there';
    const plain = estimateRequestTokens({ system: '', messages: [{ role: 'user', text }], tools: [] });
    const more = estimateRequestTokens({
      system: text,
      messages: [
        { role: 'user', text },
        { role: 'assistant', text, calls: [{ id: '1', name: 'shell', args: { command: 'ls' } }] },
        { role: 'tool', call: '1', name: 'shell', text, ok: true },
      ],
      tools: [{ name: 'shell', description: text, parameters: { type: 'object' } }],
    });
    expect(plain).toBeGreaterThan(estimateTokens(text));
    expect(more).toBeGreaterThan(plain + 3 * estimateTokens(text));
  });
});
