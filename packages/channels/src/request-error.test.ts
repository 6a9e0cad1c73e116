import { ClientFrame, MessageRequest } from '@queueclaw/contracts';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { requestError } from './request-error.js';

const says = (schema: z.ZodType, value: unknown): string => {
  const parsed = schema.safeParse(value);
  return parsed.success ? 'fits' : requestError(parsed.error).publicMessage;
};

test.each([
  [undefined, 'The request: is missing'],
  [[], 'The request: must be of type object'],
  [{ text: 'a' }, 'conversation: is missing'],
  [{ conversation: 'c' }, 'text: is missing'],
  [{ conversation: 'c', text: 7 }, 'text: must be of type string'],
  [{ conversation: '..', text: 'a' }, 'conversation: must be 1 to 128 of A-Z a-z 0-9 . _ ~ -, and not . or ..'],
  [{ conversation: 'c', text: 'a\0' }, 'text: must not contain NUL'],
  [{ conversation: 'c', text: 'a', more: 1 }, 'The request: has unknown fields: "more"'],
])('says what is wrong with %j', (value, sentence) => {
  expect(says(MessageRequest, value)).toBe(sentence);
});

test('names the kinds of frames there are', () => {
  expect(says(ClientFrame, { type: 'sing' })).toMatch(/^type: /);
});
