import { expect, test } from 'vitest';
import { isForTests } from './boundaries.js';
import { filesBelow, sourceFiles } from './source-files.js';
import { factsOf } from './syntax.js';

const linesMax = 300;
const testLinesMax = 400;

test('no source file is longer than 300 lines, no test longer than 400', () => {
  const files = filesBelow(['packages', 'services', 'test', 'scripts'], ['.ts', '.mjs', '.js', '.css']);
  const lines = ({ text }: { text: string }): number => text.trimEnd().split('\n').length;
  const limit = ({ path }: { path: string }): number => (path.endsWith('.test.ts') ? testLinesMax : linesMax);
  expect(files.filter((file) => lines(file) > limit(file)).map((file) => `${file.path}: ${lines(file)}`)).toEqual([]);
});

const mayReadEnvironment = [/\/main\.ts$/, /^packages\/(runtime|cli|testing)\//];

test('the environment is read in main.ts and runtime, and handed inward', () => {
  const readers = sourceFiles().filter((file) => factsOf(file).readsEnvironment);
  expect(readers.length).toBeGreaterThan(0);
  const wrong = readers
    .map(({ path }) => path)
    .filter((path) => !isForTests(path) && !mayReadEnvironment.some((one) => one.test(path)));
  expect(wrong).toEqual([]);
});

test('finds a planted read of the environment', () => {
  expect(factsOf({ path: 'x.ts', text: "export const x = process.env['X'];" }).readsEnvironment).toBe(true);
  expect(
    factsOf({ path: 'x.ts', text: "// process.env is not read\nexport const x = 'process.env';" }).readsEnvironment,
  ).toBe(false);
});

test('names say what a file is about', () => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|.*-manager)(\.ts$|\/)/;
  expect(
    sourceFiles()
      .map(({ path }) => path)
      .filter((path) => vague.test(path)),
  ).toEqual([]);
});

test('nothing is built into the sources', () => {
  const written = new Set(sourceFiles().map(({ path }) => path.slice(0, -3)));
  const built = filesBelow(['packages', 'services'], ['.js']).filter(({ path }) => written.has(path.slice(0, -3)));
  expect(built.map(({ path }) => path)).toEqual([]);
});
