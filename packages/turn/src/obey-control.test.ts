import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { fail } from './fail.js';
import { proceed } from './proceed.js';
import { as, calls, control, input, mail, now, only, outcome, says, shape, shell, usage } from './scenario.js';

const running = () => as('ask', begin(input({ mail: [mail('m1')] }))).journal;
const waiting = () => as('suspend', proceed({ ...input(), journal: running() }, calls(shell('a'), shell('b')))).journal;

describe('stop', () => {
  it('during the model: one stopped reply names the turn, the waiting mail and itself', () => {
    const stop = { ...input({ mail: [mail('m2')], control: [control('s1')] }), journal: running() };
    const next = as('commit', proceed(stop, says('Too late.')));
    expect(only(next.replies)).toMatchObject({
      id: 'r7',
      status: 'stopped',
      text: 'Stopped.',
      answers: ['m1', 'm2', 's1'],
      usage,
    });
    expect(next.took).toEqual({ mail: 1, control: 1 });
    expect(shape(next.entries)).toBe('uun');
    expect(JSON.stringify(next)).not.toContain('Too late');
  });

  it('while tools are out: cancels them and keeps the pairs of the transcript whole', () => {
    const journal = waiting();
    const next = as('commit', begin(input({ journal, control: [control('s1')] })));
    expect(next.cancelled).toEqual(journal.pending);
    expect(shape(next.entries)).toBe('uAttn');
    expect(next.entries[2]).toMatchObject({ call: '7.1.1', ok: false, code: 'tool.cancelled' });
  });

  it('keeps results that had come and cancels only the others', () => {
    const results = [{ call: '7.1.2', outcome: outcome('done') }];
    const next = as('commit', begin(input({ journal: waiting(), results, control: [control('s1')] })));
    expect(next.cancelled.map(({ call }) => call)).toEqual(['7.1.1']);
    expect(next.entries[3]).toMatchObject({ call: '7.1.2', ok: true, text: 'done' });
  });

  it('before a turn has begun: withdraws what waits', () => {
    const next = as('commit', begin(input({ mail: [mail('m1'), mail('m2')], control: [control('s1')] })));
    expect(only(next.replies)).toMatchObject({ status: 'stopped', text: 'Stopped.', answers: ['m1', 'm2', 's1'] });
  });

  it('leaves what was written after it', () => {
    const later = mail('m2', { at: now + 1 });
    const next = as('commit', begin(input({ mail: [mail('m1'), later], control: [control('s1')] })));
    expect(only(next.replies).answers).toEqual(['m1', 's1']);
    expect(next.took).toEqual({ mail: 1, control: 1 });
  });

  it('with nothing running or waiting: says so, in its own language, and answers itself', () => {
    const next = as('commit', begin(input({ control: [control('s1', { language: 'zh' })] })));
    expect(only(next.replies)).toMatchObject({
      id: 'r7',
      status: 'stopped',
      text: '当前没有正在运行的任务。',
      answers: ['s1'],
    });
    expect(next).toMatchObject({ entries: [], reset: false, cancelled: [] });
  });

  it('obeys several at once and names each', () => {
    const next = as('commit', begin(input({ mail: [mail('m1')], control: [control('s1'), control('s2')] })));
    expect(only(next.replies).answers).toEqual(['m1', 's1', 's2']);
    expect(next.took.control).toBe(2);
  });
});

describe('reset', () => {
  const reset = control('s1', { action: 'reset' });

  it('stops like stop, forgets the transcript, and keeps only what follows', () => {
    const next = as('commit', begin(input({ journal: waiting(), mail: [mail('m2')], control: [reset] })));
    expect(next.reset).toBe(true);
    expect(next.cancelled).toHaveLength(2);
    expect(only(next.replies)).toMatchObject({
      status: 'stopped',
      text: 'The conversation starts anew.',
      answers: ['m1', 'm2', 's1'],
    });
    expect(shape(next.entries)).toBe('n');
  });

  it('with nothing running still forgets the transcript', () => {
    expect(begin(input({ control: [reset] }))).toMatchObject({ reset: true, replies: [{ answers: ['s1'] }] });
  });

  it('wins over a stop that came with it', () => {
    expect(as('commit', begin(input({ control: [control('s0'), reset, control('s2')] }))).reset).toBe(true);
  });
});

describe('a conversation that is given up (dead letter)', () => {
  const poisoned = (more: Parameters<typeof input>[0]) => fail(input(more), 'message.poisoned', 'turn.poisoned');

  it('answers the turn, all waiting mail and control mail in one failed reply', () => {
    const next = poisoned({ journal: waiting(), mail: [mail('m2'), mail('m3')], control: [control('s1')] });
    expect(next).toMatchObject({ do: 'commit', took: { mail: 2, control: 1 } });
    expect(only(as('commit', next).replies)).toMatchObject({
      status: 'failed',
      answers: ['m1', 'm2', 'm3', 's1'],
      error: { code: 'message.poisoned', message: 'The message could not be processed after several tries.' },
      text: expect.stringContaining('could not be processed'),
    });
    expect(as('commit', next).cancelled).toHaveLength(2);
  });

  it('keeps nothing in the transcript that could harm the next turn', () => {
    expect(shape(as('commit', poisoned({ mail: [mail('m1')] })).entries)).toBe('n');
  });

  it('is idle when there is nothing to give up', () => {
    expect(poisoned({}).do).toBe('idle');
  });
});
