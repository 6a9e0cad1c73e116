import type { TranscriptEntry } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { as, input, mail, shape } from './scenario.js';

const user = (id: string, text = id): TranscriptEntry => ({ v: 1, turn: 1, at: 1, role: 'user', id, text });
const model = (text: string, ...ids: string[]): TranscriptEntry => ({
  v: 1,
  turn: 1,
  at: 1,
  role: 'assistant',
  text,
  ...(ids.length === 0 ? {} : { calls: ids.map((call) => ({ call, name: 'shell', args: {} })) }),
});
const tool = (call: string): TranscriptEntry => ({
  v: 1,
  turn: 1,
  at: 1,
  role: 'tool',
  call,
  name: 'shell',
  ok: true,
  text: call,
});

const messagesOf = (history: readonly TranscriptEntry[]) =>
  as('ask', begin(input({ mail: [mail('m1')], history }))).request.messages;

describe('the history in a request', () => {
  it('comes before the turn', () => {
    expect(shape(messagesOf([user('a'), model('', '1.1.1'), tool('1.1.1'), model('done')]))).toBe('uAtau');
  });

  it('starts at a user entry: what a cut has orphaned is dropped', () => {
    expect(shape(messagesOf([tool('1.1.1'), model('done'), user('a'), model('b')]))).toBe('uau');
    expect(shape(messagesOf([model('done')]))).toBe('u');
  });

  it('never has a call without its result or a result without its call', () => {
    const messages = messagesOf([
      user('a'),
      model('x', '1.1.1', '1.1.2'),
      tool('1.1.1'),
      tool('9.9.9'),
      user('b'),
      tool('1.1.2'),
    ]);
    expect(shape(messages)).toBe('uauu');
  });

  it('leaves out a step that has nothing left to say', () => {
    expect(shape(messagesOf([user('a'), model('', '1.1.1'), user('b')]))).toBe('uuu');
  });

  it('tells the model which words were the system’s and not its own', () => {
    const notice: TranscriptEntry = { v: 1, turn: 1, at: 1, role: 'assistant', text: 'Stopped.', notice: true };
    expect(messagesOf([user('a'), notice])[1]?.text).toBe('[notice of the system] Stopped.');
  });

  it('has no lone surrogates, which vendors refuse', () => {
    expect(messagesOf([user('a', 'x\ud800y'), model('b')])[0]?.text).toBe('x\ufffdy');
  });
});
