import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBoundedLog } from './bounded-log.js';
import { eachLine } from './line-splitter.js';
import { terminalLine } from './log-line.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qc-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a log keeps to its size: the file and the one before it', () => {
  const path = join(folder, 'logs', 'x.log');
  const log = openBoundedLog(path, 100);
  for (let at = 0; at < 100; at += 1) log.write(`line ${String(at).padStart(4, '0')}\n`);
  log.close();
  expect(statSync(path).size).toBeLessThanOrEqual(100);
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100);
  expect(readFileSync(path, 'utf8')).toContain('line 0099');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a log that is opened again is continued', () => {
  const path = join(folder, 'x.log');
  for (const text of ['one\n', 'two\n']) {
    const log = openBoundedLog(path);
    log.write(text);
    log.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
});

test('lines come whole however they arrive, and a line without an end is bounded', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  eachLine(stream, (line) => lines.push(line));
  for (const chunk of ['a', 'b\nc', '\n\n', 'x'.repeat(100_000), '\nlast']) stream.write(chunk);
  stream.end();
  await finished(stream);
  expect(lines.map((line) => line.slice(0, 4))).toEqual(['ab', 'c', 'xxxx', 'last']);
  expect(lines[2]).toHaveLength(65_536);
});

test('the terminal shows warnings and worse, in one line', () => {
  expect(terminalLine('{"level":30,"msg":"serving"}')).toBeUndefined();
  expect(terminalLine('{"level":40,"msg":"Redis does not answer","reason":"ECONNREFUSED"}')).toBe(
    'warning: Redis does not answer: ECONNREFUSED',
  );
  expect(terminalLine('{"level":50,"msg":"a\\nb","err":{"message":"why"}}')).toBe('error: a b: why');
  expect(terminalLine('Segmentation fault')).toBe('Segmentation fault');
  expect(terminalLine('7')).toBe('7');
});
