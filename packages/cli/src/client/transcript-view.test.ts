import type { ServerFrame } from '@queueclaw/contracts';
import { expect, test } from 'vitest';
import { plainText } from './plain-text.js';
import { createTranscriptView } from './transcript-view.js';

const place = { conversation: 'c', turn: 1, cursor: '1-1' };
const delta = (text: string, attempt = 1, step = 1): Extract<ServerFrame, { type: 'delta' }> => ({
  ...place,
  type: 'delta',
  step,
  attempt,
  text,
});
const reply = (text: string): Extract<ServerFrame, { type: 'reply' }> => ({
  ...place,
  type: 'reply',
  id: 'r1',
  text,
  answers: ['m'],
  status: 'answered',
});

const seen = (act: (view: ReturnType<typeof createTranscriptView>) => void): string => {
  let text = '';
  act(createTranscriptView((part) => (text += part), false));
  return text;
};

test('streamed text is shown once, also when the reply repeats it', () => {
  expect(seen((view) => (view.delta(delta('Hel')), view.delta(delta('lo')), view.reply(reply('Hello'))))).toBe(
    'Hello\n',
  );
});

test('a reply nobody streamed, or that differs from what was streamed, is shown whole', () => {
  expect(seen((view) => view.reply(reply('Hello')))).toBe('Hello\n');
  expect(seen((view) => (view.delta(delta('Hel')), view.reply(reply('Stopped.'))))).toBe('Hel\nStopped.\n');
});

test('the end of an answer that came with the reply alone is added to what was streamed', () => {
  expect(seen((view) => (view.delta(delta('1 2')), view.reply(reply('1 2 3\n\nDone.'))))).toBe('1 2 3\n\nDone.\n');
});

test('text of an older attempt is dropped, a newer one starts over', () => {
  const text = seen((view) => {
    view.delta(delta('old', 1));
    view.delta(delta('new', 2));
    view.delta(delta('late', 1));
    view.reply(reply('new'));
  });
  expect(text).toBe('old\n(the answer starts over)\nnew\n');
});

test('text that takes the place of what was said starts over too', () => {
  const text = seen((view) => {
    view.delta(delta('Half an'));
    view.delta({ ...delta('A whole'), replace: true });
    view.delta(delta(' one.'));
    view.reply(reply('A whole one.'));
  });
  expect(text).toBe('Half an\n(the answer starts over)\nA whole one.\n');
});

test('tool activity stands on lines of its own', () => {
  const tool = { ...place, type: 'tool', call: '1.1.1', name: 'shell' } as const;
  const text = seen((view) => {
    view.delta(delta('Let me look.'));
    view.tool({ ...tool, state: 'started', summary: 'ls' });
    view.tool({ ...tool, state: 'done' });
    view.delta(delta('Done.', 2, 2));
    view.reply(reply('Done.'));
  });
  expect(text).toBe('Let me look.\n  … shell: ls\n  ✓ shell\nDone.\n');
});

test('what a model writes cannot steer the terminal', () => {
  expect(plainText('a\u001b[2Jb\u0007\u009b31mc\r\n\u202ed\tü')).toBe('a[2Jb31mc\nd\tü');
  expect(seen((view) => view.reply(reply('\u001b]0;title\u0007x')))).toBe(']0;titlex\n');
});

test('the answer to a command stands between, and the turn that streams goes on', () => {
  const command = { ...reply('Queue mode: steer.'), id: 'ck1', turn: 0, answers: ['k1'] };
  const act = (view: ReturnType<typeof createTranscriptView>): void => {
    view.delta(delta('Hel'));
    view.reply(command);
    view.delta(delta('lo'));
    view.reply(reply('Hello'));
  };
  expect(seen(act)).toBe('Hel\nQueue mode: steer.\nlo\n');
});
