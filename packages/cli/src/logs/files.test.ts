import { eventually } from '@queueclaw/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBoundedLog } from '../up/bounded-log.js';
import { followFile } from './follow-file.js';
import { lastLines } from './last-lines.js';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qc-logs-'));
  path = join(folder, 'x.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (count: number, bytesMax?: number): void => {
  const log = openBoundedLog(path, bytesMax);
  for (let at = 1; at <= count; at += 1) log.write(`line ${at}\n`);
  log.close();
};

test('the last lines are whole and in order, however long the file', () => {
  write(20_000);
  expect(lastLines(path, 3).lines).toEqual(['line 19998', 'line 19999', 'line 20000']);
  expect(lastLines(path, 30_000).lines).toHaveLength(20_000);
  expect(lastLines(path, 0).lines).toEqual([]);
  expect(lastLines(join(folder, 'none'), 3)).toEqual({ lines: [], bytes: 0 });
});

test('what is written is followed, also when the log is not there yet and when it is moved away because it was full', async () => {
  const ended = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const line of followFile(path, 0, ended.signal)) seen.push(line);
  })();
  write(3);
  await eventually(() => expect(seen).toHaveLength(3));
  // Full after ten lines: the fourth starts a file of its own.
  write(1, 10);
  await eventually(() => expect(seen).toHaveLength(4));
  write(1, 10);
  await eventually(() => expect(seen).toHaveLength(5));
  ended.abort();
  await following;
  expect(seen).toEqual(['line 1', 'line 2', 'line 3', 'line 1', 'line 1']);
});
