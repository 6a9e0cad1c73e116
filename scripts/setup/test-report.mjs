import { readFileSync } from 'node:fs';

/**
 * The tests in a report of vitest's JSON reporter, as `{ passed, failed }`. A test file that could not be run counts as
 * one failure, and so does a report that is missing.
 */
export function count(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

/** Adds counts up. */
export const sum = (counts) =>
  counts.reduce((left, right) => ({ passed: left.passed + right.passed, failed: left.failed + right.failed }));
