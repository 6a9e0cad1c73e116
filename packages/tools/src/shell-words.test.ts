import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { insidePath, quote } from './shell-words.js';

it('hands the shell any text unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!text.includes('\0'));
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' })).toBe(text);
    }),
    { numRuns: 50 },
  );
});

it('makes every path one that is not an option', () => {
  expect(insidePath('-rf')).toBe('./-rf');
  expect(insidePath('/workspace/a')).toBe('./a');
  expect(insidePath('/workspace')).toBe('.');
  expect(insidePath('/etc')).toBe('/etc');
});
