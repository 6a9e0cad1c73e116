import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundText, cleanText } from './output-text.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it('takes out escape sequences and control characters, keeps lines and tabs', () => {
  expect(cleanText(bytes('\u001b[31mred\u001b[0m\tx\r\ny\u0007\u001b]0;title\u0007z\u0000'))).toBe('red\tx\nyz');
});

it('replaces what is not UTF-8', () => {
  expect(cleanText(new Uint8Array([104, 0xff, 105]))).toBe('h\ufffdi');
});

it('never exceeds its bound, never cuts a character, and keeps head and tail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 300, maxLength: 600 }), (text) => {
      const bound = boundText(text, 256);
      expect(bytes(bound).length).toBeLessThanOrEqual(256);
      expect(bound).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    }),
  );
  expect(boundText('a'.repeat(1_000) + 'END', 256)).toMatch(/^a+\n… \d+ bytes left out …\na*END$/);
});
