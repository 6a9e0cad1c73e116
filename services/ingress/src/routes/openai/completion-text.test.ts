import type { ServerFrame } from '@queueclaw/contracts';
import { expect, it } from 'vitest';
import { completionText } from './completion-text.js';

const place = { conversation: 'c', cursor: '1-1', turn: 1 };
const delta = (text: string, step = 1, attempt = 1): ServerFrame => ({ ...place, type: 'delta', step, attempt, text });
const instead = (text: string): ServerFrame => ({ ...place, type: 'delta', step: 1, attempt: 1, text, replace: true });
const reply = (text: string): Extract<ServerFrame, { type: 'reply' }> => ({
  ...place,
  type: 'reply',
  id: 'r1',
  text,
  answers: [],
  status: 'answered',
});
const each = (...frames: ServerFrame[]): (string | undefined)[] => frames.map(completionText());
const all = (...frames: ServerFrame[]): string => each(...frames).join('');

it('adds up to the reply, whatever part of it was streamed', () => {
  expect(all(delta('Hel'), delta('lo'), reply('Hello there'))).toBe('Hello there');
  expect(all(reply('Hello'))).toBe('Hello');
});

it('sends nothing twice when a second attempt says the same, and goes on where it says more', () => {
  const frames = [delta('Hello'), delta('Hel', 1, 2), delta('lo the', 1, 2), delta('re', 1, 2), reply('Hello there.')];
  expect(each(...frames)).toEqual(['Hello', '', ' the', 're', '.']);
  expect(each(delta('Hello'), instead('Hell'), reply('Hello there.'))).toEqual(['Hello', '', ' there.']);
});

it('is broken, once and for all, where a second attempt or another model says something else', () => {
  expect(each(delta('Hel'), delta('Good', 1, 2), delta(' day', 1, 2), reply('Good day'))).toEqual([
    'Hel',
    undefined,
    undefined,
    undefined,
  ]);
  expect(each(delta('Hel'), instead('Good'), reply('Good day'))).toEqual(['Hel', undefined, undefined]);
  expect(each(delta('Hel'), instead(''), reply('Good day'))).toEqual(['Hel', '', undefined]);
  expect(each(delta('Let me look'), instead('Let me'), delta('It is', 2))).toEqual(['Let me look', '', undefined]);
});

it('drops what an older attempt still says', () => {
  expect(each(delta('Hello', 1, 2), delta('Good', 1, 1), reply('Hello.'))).toEqual(['Hello', '', '.']);
});

it('says in its own paragraph how an answer ended that was stopped', () => {
  expect(all(delta('Let me'), { ...reply('Stopped.'), status: 'stopped' })).toBe('Let me\n\nStopped.');
  expect(each(delta('Half of one'), reply('Another, of which nothing was streamed.'))).toEqual([
    'Half of one',
    undefined,
  ]);
});

it('sets the words before a tool call apart from those after it', () => {
  expect(all(delta('Let me see.'), delta('It is', 2), reply('It is five.'))).toBe('Let me see.\n\nIt is five.');
});
