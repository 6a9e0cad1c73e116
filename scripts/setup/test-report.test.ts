import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { count, sum } from './test-report.mjs';

function reportWith(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'queueclaw-report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const failing = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] };
const broken = { status: 'failed', assertionResults: [] };

test('counts tests, and a file that could not run as one failure', () => {
  const file = reportWith({ numPassedTests: 5, numFailedTests: 1, testResults: [failing, broken] });
  expect(count(file)).toEqual({ passed: 5, failed: 2 });
});

test('a missing report is a failure, never a success', () => {
  expect(count('/nowhere/report.json')).toEqual({ passed: 0, failed: 1 });
});

test('adds up', () => {
  expect(
    sum([
      { passed: 2, failed: 0 },
      { passed: 3, failed: 1 },
    ]),
  ).toEqual({ passed: 5, failed: 1 });
});
