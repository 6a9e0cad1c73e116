import type { Attachment } from '@queueclaw/contracts';
import { expect, it } from 'vitest';
import { begin } from './begin.js';
import { fail } from './fail.js';
import { proceed } from './proceed.js';
import { as, calls, control, input, mail, only, outcome, says, shell } from './scenario.js';

const file = (digit: string, name = `${digit}.txt`): Attachment => ({
  ...{ id: `sha256-${digit.repeat(64)}`, name, type: 'text/plain', size: 7 },
});
const sent = (call: string, ...attachments: Attachment[]) => ({
  call,
  outcome: { ...outcome('it goes'), attachments },
});

const running = () => as('ask', begin(input({ mail: [mail('m1')] }))).journal;
const waiting = (count = 2) => {
  const asked = Array.from({ length: count }, (_, at) => shell(`a${at}`));
  return as('suspend', proceed({ ...input(), journal: running() }, calls(...asked))).journal;
};
const back = (...results: ReturnType<typeof sent>[]) =>
  as('ask', begin(input({ journal: waiting(results.length), results }))).journal;

it('the answer carries what tools have sent during the turn, each file once', () => {
  const journal = back(sent('7.1.1', file('a'), file('b')), sent('7.1.2', file('a'), file('a', 'other.txt')));
  const { replies } = as('commit', proceed({ ...input(), journal }, says('Here.')));
  expect(only(replies)).toMatchObject({ text: 'Here.', attachments: [file('a'), file('b'), file('a', 'other.txt')] });
});

it('an answer without files has none', () => {
  const { replies } = as('commit', proceed({ ...input(), journal: running() }, says('No files.')));
  expect(only(replies)).not.toHaveProperty('attachments');
});

it('a turn that fails, is stopped or given up sends what was made, and says so', () => {
  const journal = back(sent('7.1.1', file('a')));
  const stopped = as('commit', begin(input({ journal, control: [control('s1')] })));
  const poisoned = as('commit', fail(input({ journal }), 'message.poisoned', 'turn.poisoned'));
  const away = { ok: false, text: '', failure: { code: 'llm.refused', publicMessage: 'no' } } as const;
  const failed = as('commit', proceed({ ...input(), journal }, away));
  for (const { replies, entries } of [stopped, poisoned, failed]) {
    expect(only(replies).attachments).toEqual([file('a')]);
    expect(only(replies).text).toContain('a.txt');
    expect(entries.at(-1)).toMatchObject({ text: only(replies).text });
  }
});

it('a file whose result came before the stop is sent, one whose call is cancelled is not', () => {
  const results = [sent('7.1.2', file('b'))];
  const { replies } = as('commit', begin(input({ journal: waiting(), results, control: [control('s1')] })));
  expect(only(replies).attachments).toEqual([file('b')]);
});

it('a conversation that starts anew sends nothing of the old one', () => {
  const reset = control('s1', { action: 'reset' });
  const { replies } = as('commit', begin(input({ journal: back(sent('7.1.1', file('a'))), control: [reset] })));
  expect(only(replies)).not.toHaveProperty('attachments');
});

it('the model is told of a file too many, and the others are sent', () => {
  const digits = [...'0123456789abcdef'];
  const journal = back(sent('7.1.1', ...digits.map((digit) => file(digit))), sent('7.1.2', file('a', 'too many.txt')));
  expect(journal.entries.at(-1)).toMatchObject({ ok: false, text: expect.stringContaining('16 files') as string });
  const { replies } = as('commit', proceed({ ...input(), journal }, says('Here.')));
  expect(only(replies).attachments).toHaveLength(16);
});
