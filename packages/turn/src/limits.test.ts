import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { proceed } from './proceed.js';
import {
  as,
  calls,
  input,
  mail,
  now,
  only,
  outcome,
  type Running,
  says,
  shape,
  shell,
  withLimits,
} from './scenario.js';
import type { TurnInput } from './turn-input.js';

function running(more: Partial<TurnInput>): Running {
  return { ...input(more), journal: as('ask', begin(input({ mail: [mail('m1')], ...more }))).journal };
}

const failed = (text: string) => ({ status: 'failed', answers: ['m1'], text, error: { code: 'turn.limit' } });

describe('limits of a turn', () => {
  it('steps: a call that nobody could read the result of is not made', () => {
    const next = as('commit', proceed(running({ agent: withLimits({ steps: 1 }) }), calls(shell('a'))));
    expect(only(next.replies)).toMatchObject(failed('I stopped after 1 steps without reaching an answer.'));
    expect(shape(next.entries)).toBe('uAtn');
    expect(next.entries[2]).toMatchObject({ ok: false, code: 'turn.limit' });
    expect(next.cancelled).toEqual([]);
  });

  it('steps: an answer at the last step is an answer', () => {
    const next = as('commit', proceed(running({ agent: withLimits({ steps: 1 }) }), says('Done.')));
    expect(only(next.replies).status).toBe('answered');
  });

  it('tool calls: those beyond the limit are answered for the model, the others go out', () => {
    const next = as(
      'suspend',
      proceed(running({ agent: withLimits({ toolCalls: 1 }) }), calls(shell('a'), shell('b'))),
    );
    expect(only(next.journal.pending).call).toBe('7.1.1');
    expect(next.journal.entries.at(-1)).toMatchObject({ call: '7.1.2', code: 'turn.limit' });
  });

  it('tool calls: the model may still answer at the limit, but not call', () => {
    const agent = withLimits({ toolCalls: 1 });
    const { journal } = as('suspend', proceed(running({ agent }), calls(shell('a'))));
    const results = [{ call: '7.1.1', outcome: outcome('done') }];
    const asked = as('ask', begin(input({ agent, journal, results })));
    expect(proceed({ ...input({ agent }), journal: asked.journal }, says('Done.'))).toMatchObject({
      replies: [{ status: 'answered' }],
    });
    const next = as('commit', proceed({ ...input({ agent }), journal: asked.journal }, calls(shell('b'))));
    expect(only(next.replies)).toMatchObject(failed('I stopped after 1 tool calls without reaching an answer.'));
    expect(shape(next.entries)).toBe('uAtAtn');
  });

  it('tokens: the sum of all steps counts', () => {
    const next = as('commit', proceed(running({ agent: withLimits({ tokens: 15 }) }), calls(shell('a'))));
    expect(only(next.replies)).toMatchObject(failed('I stopped: the turn used its limit of 15 tokens.'));
  });

  it('time: ends a turn that waits, and cancels what is out', () => {
    const agent = withLimits({ turnMs: 50_000 });
    const { journal } = as('suspend', proceed(running({ agent }), calls(shell('a'), shell('b'))));
    const results = [{ call: '7.1.1', outcome: outcome('done') }];
    const next = as('commit', begin(input({ agent, journal, results, now: now + 50_000 })));
    expect(only(next.replies)).toMatchObject(failed('I stopped: the turn took longer than 50 seconds.'));
    expect(next.cancelled.map(({ call }) => call)).toEqual(['7.1.2']);
    expect(shape(next.entries)).toBe('uAttn');
  });

  it('time: a model has what is left of it', () => {
    const agent = withLimits({ turnMs: 50_000 });
    expect(as('ask', begin(input({ agent, mail: [mail('m1')] }))).request.timeoutMs).toBe(50_000);
    const { journal } = as('suspend', proceed(running({ agent }), calls(shell('a'))));
    const results = [{ call: '7.1.1', outcome: outcome('done') }];
    const next = as('ask', begin(input({ agent, journal, results, now: now + 20_000 })));
    expect(next.request.timeoutMs).toBe(30_000);
  });

  it('time: ends a turn whose results came too late', () => {
    const agent = withLimits({ turnMs: 50_000 });
    const { journal } = as('suspend', proceed(running({ agent }), calls(shell('a'))));
    const results = [{ call: '7.1.1', outcome: outcome('done') }];
    const next = as('commit', begin(input({ agent, journal, results, now: now + 50_000, mail: [mail('m2')] })));
    expect(only(next.replies).answers).toEqual(['m1']);
    expect(next.took.mail).toBe(0);
  });

  it('are told in the language of the person', () => {
    const chinese = running({ agent: withLimits({ steps: 1 }), mail: [mail('m1', { language: 'zh' })] });
    expect(as('commit', proceed({ ...chinese, mail: [] }, calls(shell('a')))).replies[0]?.text).toBe(
      '已执行 1 步仍未得到答案，我已停止。',
    );
  });
});
