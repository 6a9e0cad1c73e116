import type { BudgetHit } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { overBudget } from './over-budget.js';
import { proceed } from './proceed.js';
import { as, calls, input, mail, now, only, outcome, type Running, says, shape, shell } from './scenario.js';
import type { TurnInput } from './turn-input.js';

const resetsAt = Date.UTC(2026, 10, 24);
const hit: BudgetHit = { scope: 'person', unit: 'tokens', limit: 500_000, currency: 'USD', resetsAt };

function running(more: Partial<TurnInput> = {}): Running {
  return { ...input(more), journal: as('ask', begin(input({ mail: [mail('m1')], ...more }))).journal };
}
const told = (more: Partial<BudgetHit>, person: Parameters<typeof mail>[1] = {}): string =>
  only(as('commit', overBudget(running({ mail: [mail('m1', person)] }), { ...hit, ...more })).replies).text;

describe('a budget of the day that is used up', () => {
  it('fails the turn, and says when to come back', () => {
    const next = as('commit', overBudget(running(), hit));
    expect(only(next.replies)).toMatchObject({
      status: 'failed',
      answers: ['m1'],
      text: 'The budget of 500000 tokens a day for you is used up. It starts anew on 24 Nov 2026, 00:00 (UTC).',
      error: { code: 'budget.exceeded', retry_after_ms: resetsAt - now },
    });
    expect(shape(next.entries)).toBe('un');
  });

  it('is told in the person’s time zone', () => {
    const text = told({ scope: 'conversation', unit: 'turns', limit: 20 }, { timezone: 'America/New_York' });
    expect(text).toBe(
      'The budget of 20 answers a day for this conversation is used up. It starts anew on 23 Nov 2026, 19:00 (America/New_York).',
    );
    expect(told({}, { timezone: 'Mars/Olympus' })).toContain('(UTC)');
  });

  it('is told in Chinese', () => {
    const money = { scope: 'tenant', unit: 'money', limit: 2_500_000, currency: 'CNY' } as const;
    expect(told(money, { language: 'zh-CN', timezone: 'Asia/Shanghai' })).toBe(
      '全体成员每日 2.5 CNY 的费用额度已用完，将于 2026年11月24日 08:00 (Asia/Shanghai) 重新计算。',
    );
  });

  it('in the middle of a turn keeps what was done', () => {
    const first = as('suspend', proceed(running(), calls(shell('a'))));
    const back = { journal: first.journal, results: [{ call: '7.1.1', outcome: outcome('done') }] };
    const second = as('ask', begin(input(back)));
    const next = as('commit', overBudget({ ...input(back), journal: second.journal }, hit));
    expect(shape(next.entries)).toBe('uAtn');
    expect(only(next.replies)).toMatchObject({ status: 'failed', usage: { inputTokens: 10 } });
    expect(next.cancelled).toEqual([]);
  });

  it('leaves mail that came meanwhile to the next turn', () => {
    expect(as('commit', overBudget({ ...running(), mail: [mail('m1'), mail('m2')] }, hit)).took.mail).toBe(1);
  });
});

describe('a budget of tool calls', () => {
  const none = { calls: 0, hit: { ...hit, unit: 'tool_calls', limit: 3 } } as const;

  it('that has room for some of them lets those go out, and tells the model about the others', () => {
    const two = calls(shell('a'), shell('b'), shell('c'));
    const next = as('suspend', proceed({ ...running(), callBudget: { ...none, calls: 1 } }, two));
    expect(only(next.journal.pending).call).toBe('7.1.1');
    expect(next.journal.toolCalls).toBe(1);
    expect(next.journal.entries.slice(-2)).toMatchObject([
      { call: '7.1.2', ok: false, code: 'budget.exceeded' },
      { call: '7.1.3', ok: false, code: 'budget.exceeded' },
    ]);
  });

  it('that has room for none lets the model answer without them', () => {
    const next = as('ask', proceed({ ...running(), callBudget: none }, calls(shell('a'))));
    expect(next.request.messages.at(-1)?.text).toContain('budget of tool calls');
    const end = as(
      'commit',
      proceed({ ...input(), journal: next.journal, callBudget: none }, says('Sorry, no tools.')),
    );
    expect(only(end.replies)).toMatchObject({ status: 'answered' });
  });

  it('ends the turn when the model does not listen', () => {
    const next = as('ask', proceed({ ...running(), callBudget: none }, calls(shell('a'))));
    const end = as('commit', proceed({ ...input(), journal: next.journal, callBudget: none }, calls(shell('a'))));
    expect(only(end.replies)).toMatchObject({ status: 'failed', error: { code: 'budget.exceeded' } });
    expect(only(end.replies).text).toContain('3 tool calls');
    expect(shape(end.entries)).toBe('uAtAtn');
  });
});
