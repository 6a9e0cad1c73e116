import type { ServerFrame } from '@queueclaw/contracts';
import { expect, it } from 'vitest';
import { completionText } from './completion-text.js';

const place = { conversation: 'c', cursor: '1-1', turn: 1 };
const delta = (text: string, step = 1, attempt = 1): ServerFrame => ({ ...place, type: 'delta', step, attempt, text });
const reply = (text: string): ServerFrame => ({
  ...place,
  type: 'reply',
  id: 'r1',
  text,
  answers: [],
  status: 'answered',
});
const all = (...frames: ServerFrame[]): string => frames.map(completionText()).join('');

it('adds up to the reply, whatever part of it was streamed', () => {
  expect(all(delta('Hel'), delta('lo'), reply('Hello there'))).toBe('Hello there');
  expect(all(reply('Hello'))).toBe('Hello');
});

it('sends nothing of a second attempt before the reply, and then the whole reply', () => {
  expect(all(delta('Hel'), delta('Good', 1, 2), delta(' day', 1, 2), reply('Good day'))).toBe('Hel\n\nGood day');
});

it('sets the words before a tool call apart from those after it', () => {
  expect(all(delta('Let me see.'), delta('It is', 2), reply('It is five.'))).toBe('Let me see.\n\nIt is five.');
});
