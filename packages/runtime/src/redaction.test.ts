import { AppError } from '@queueclaw/contracts';
import { expect, test } from 'vitest';
import { reportError } from './error-report.js';
import { createLogger } from './logger.js';
import { redact, registerSecret } from './redaction.js';

const secret = 'p@ss "word"/with+odd?chars=\\';
const plain = 'sk-plain-0123456789abcdef';
registerSecret(secret);
registerSecret(plain);
registerSecret('short');
registerSecret(undefined);

test('takes a secret out in every encoding', () => {
  const bytes = Buffer.from(secret);
  const written = [
    secret,
    JSON.stringify({ secret }),
    JSON.stringify({ inner: JSON.stringify({ secret }) }),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase().replace('p%40ss%20%22word', 'p%40ss%20%22word'),
    new URLSearchParams({ secret }).toString(),
  ];
  for (const text of written) expect(redact(`before ${text} after`), text).toMatch(/^before .*\[secret\].* after$/);
});

test('takes a secret out of base64 wherever it stands in the encoded text', () => {
  for (const before of ['', 'u', 'us', 'user:', 'user12:']) {
    for (const after of ['', 'x', 'xy', ':tail']) {
      const encoded = Buffer.from(`${before}${plain}${after}`).toString('base64');
      const clean = redact(`Authorization: Basic ${encoded}`);
      expect(clean).toContain('[secret]');
      expect(Buffer.from(clean.replace(/.*Basic /, '').replace('[secret]', ''), 'base64').toString()).not.toContain(
        'plain',
      );
    }
  }
});

test('leaves other text alone, and values too short to be secrets', () => {
  expect(redact('a short text')).toBe('a short text');
});

test('of a secret inside another one nothing remains', () => {
  registerSecret('inner-secret-1');
  registerSecret('inner-secret-1-and-outer');
  expect(redact('x inner-secret-1-and-outer y')).toBe('x [secret] y');
});

test('log lines hold no secret, in messages, fields, errors and their causes', () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', (line) => void lines.push(line));
  logger.info({ url: `redis://:${plain}@host`, nested: { secret } }, `hello ${plain}`);
  logger.error({ err: new AppError('system.internal', { cause: new Error(`refused: ${secret}`) }) }, 'failed');
  const all = lines.join('');
  expect(all).not.toContain(plain);
  expect(all).not.toContain('word');
  for (const line of lines) expect(() => void JSON.parse(line)).not.toThrow();
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    err: { code: 'system.internal', cause: { message: 'refused: [secret]' } },
  });
});

test('an error is logged without what a library hung on it', () => {
  const error = Object.assign(new Error('NOAUTH'), {
    command: { name: 'rpush', args: ['key', 'what a person wrote'] },
  });
  expect(JSON.stringify(reportError(error))).not.toContain('what a person wrote');
});

test('an error with a cycle of causes or a huge message is bounded', () => {
  const error = new Error('x'.repeat(100_000));
  error.cause = error;
  expect(JSON.stringify(reportError(error)).length).toBeLessThan(80_000);
  expect(reportError('text')).toEqual({ type: 'string', message: 'text' });
  expect(reportError(new AggregateError([new Error('one')], 'several')).errors?.[0]?.message).toBe('one');
});
