import { expect, test } from 'vitest';
import { formatLogLine } from './log-line.js';

test('a log line reads as time, level, part and message, with what else it holds', () => {
  const line = {
    level: 40,
    time: '2026-01-02T03:04:05.678Z',
    service: 'all-in-one',
    part: 'agent',
    msg: 'slow',
    ms: 7,
  };
  expect(formatLogLine(JSON.stringify(line))).toBe('03:04:05.678 warn  agent: slow ms=7');
  const failed = { level: 50, service: 'ingress', msg: 'a', err: { message: 'why' }, codes: ['x'] };
  expect(formatLogLine(JSON.stringify(failed))).toBe(' error ingress: a (why) codes=["x"]');
});

test('it stays one bounded line that does not steer the terminal', () => {
  const msg = `a\n\u001b[2Jb${'x'.repeat(5_000)}`;
  const text = formatLogLine(JSON.stringify({ level: 30, service: 's', msg }));
  expect(text).toMatch(/^ info  s: a  \[2Jbx+$/);
  expect(text.length).toBeLessThanOrEqual(2_000);
});

test('what is no line of ours stays as it is', () => {
  expect(formatLogLine('9:M 23 Nov * Ready to accept connections\n')).toBe('9:M 23 Nov * Ready to accept connections');
  expect(formatLogLine('7')).toBe('7');
});
