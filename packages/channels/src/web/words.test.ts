import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../static/web');
const Words = z.object({ languages: z.record(z.enum(['en', 'zh']), z.record(z.string(), z.string().min(1))) });
const { en, zh } = Words.parse(await import(pathToFileURL(join(folder, 'words.js')).href)).languages;
const marks = (sentence = ''): string[] => [...sentence.matchAll(/\{(\w+)\}/g)].map(([mark]) => mark).toSorted();

test('every word of the page exists in English and in Chinese, with the same marks', () => {
  expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted());
  for (const [key, sentence] of Object.entries(en)) expect(marks(zh[key]), key).toEqual(marks(sentence));
});

test('every word that the page asks for exists', () => {
  const sources = readdirSync(folder)
    .filter((name) => /\.(?:js|html)$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const asked = [...sources.matchAll(/(?:data-(?:word|label|hint|idea)="|\bsay\(')(\w+)['"]/g)].map(
    ([, key]) => key ?? '',
  );
  expect(asked.length).toBeGreaterThan(20);
  expect([...new Set(asked)].filter((key) => en[key] === undefined)).toEqual([]);
});
