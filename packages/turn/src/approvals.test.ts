import { type Decision, Journal, Reply } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { proceed } from './proceed.js';
import { agent, as, calls, control, input, judge, mail, now, only, outcome, shape, shell } from './scenario.js';
import type { Next, TurnInput } from './turn-input.js';

type Asked = Extract<Next, { do: 'suspend' }>;

/** A turn whose model has called these. */
function asks(commands: readonly string[], more: Partial<TurnInput> = {}): Asked {
  const given = { judge, mail: [mail('m1')], ...more };
  const { journal } = as('ask', begin(input(given)));
  return as('suspend', proceed({ ...input(given), journal }, calls(...commands.map(shell))));
}
const later = (journal: Journal, more: Partial<TurnInput> = {}): TurnInput => input({ judge, journal, ...more });
const decided = (journal: Journal, approved: boolean): Decision[] =>
  (journal.asking ?? []).map(({ call, approval }) => ({ call, approval, approved }));

describe('a call that needs an approval', () => {
  it('waits while others go out, and the person is shown exactly what it is', () => {
    const { journal, replies = [], live, deadlineAt } = asks(['ls', 'ask me ```\u202e```', 'deny it']);
    expect(journal.pending.map(({ call }) => call)).toEqual(['7.1.1']);
    expect(journal.entries.at(-1)).toMatchObject({ call: '7.1.3', code: 'tool.not_allowed' });
    const asked = only(journal.asking ?? []);
    const reply = Reply.parse(only(replies));
    expect(reply.text).toContain('````\n{"command":"ask me ```\\u{202e}```"}\n````');
    expect(reply.text).toMatch(/Folder: \/workspace\nNetwork: none/);
    expect(reply.choices?.map(({ text }) => text)).toEqual([
      ...[`/approve ${asked.approval}`, `/approve ${asked.approval} conversation`, `/deny ${asked.approval}`],
    ]);
    // What the narrowest platform takes as a button.
    for (const { label, text } of reply.choices ?? [])
      expect([label.length <= 20, text.length <= 64]).toEqual([true, true]);
    expect(only(live ?? [])).toMatchObject({ type: 'approval', state: 'asked', call: '7.1.2' });
    expect(deadlineAt).toBe(now + 600_000);
    expect(Journal.parse(JSON.parse(JSON.stringify(journal)))).toEqual(journal);
  });

  it('goes out when it is approved, with its whole time, and what it waited is not the turn’s', () => {
    const { journal } = asks(['ask'], { agent: { ...agent, limits: { ...agent.limits, approvalMs: 3_600_000 } } });
    const at = now + 3_000_000;
    const next = as('suspend', begin(later(journal, { now: at, decisions: decided(journal, true) })));
    expect(only(next.journal.pending)).toMatchObject({ call: '7.1.1', permitted: true, deadlineAt: at + 90_000 });
    expect(next.journal.asking).toBeUndefined();
    expect(next.journal.waitedMs).toBe(3_000_000);
    const results = [{ call: '7.1.1', outcome: outcome('done') }];
    const then = as('ask', begin(later(next.journal, { now: at + 1_000, results })));
    expect(then.request.messages.at(-1)).toMatchObject({ role: 'tool', text: 'done' });
  });

  it('is not made when it is refused, or nobody decides in time; then the person is told', () => {
    const { journal } = asks(['ask']);
    const denied = as('suspend', begin(later(journal, { decisions: decided(journal, false) })));
    expect(denied.journal.entries.at(-1)).toMatchObject({ role: 'tool', code: 'tool.denied' });
    expect(as('ask', begin(later(denied.journal))).journal.pending).toEqual([]);
    const waits = as('suspend', begin(later(journal, { now: now + 599_999 })));
    expect(waits.journal).toEqual(journal);
    expect(waits.replies).toBeUndefined();
    const over = as('suspend', begin(later(journal, { now: now + 600_000 })));
    expect(over.journal.entries.at(-1)).toMatchObject({ role: 'tool', code: 'tool.unapproved' });
    expect(only(over.replies ?? []).text).toContain('Nobody has decided in time');
    expect(as('ask', begin(later(over.journal, { now: now + 600_001 }))).do).toBe('ask');
  });

  it('is not made by the decision on another call, nor when the configuration came to forbid or change it', () => {
    const { journal } = asks(['ask']);
    const [right] = decided(journal, true);
    if (right === undefined) throw new Error('nothing asked');
    for (const wrong of [
      { ...right, call: '7.1.2' },
      { ...right, approval: 'ffffffffff' },
    ])
      expect(as('suspend', begin(later(journal, { decisions: [wrong] }))).journal).toEqual(journal);
    const changed: NonNullable<TurnInput['judge']>[] = [
      (call, around) => ({ ...judge(call, around), verdict: 'deny' }),
      (call, around) => ({ ...judge(call, around), binding: 'f'.repeat(64) }),
    ];
    for (const other of changed) {
      const next = as('suspend', begin(later(journal, { decisions: [right], judge: other })));
      expect(next.journal.pending).toEqual([]);
      expect(next.journal.entries.at(-1)).toMatchObject({ code: 'tool.not_allowed' });
    }
    const gone = as('suspend', begin(later(journal, { decisions: [right], agent: { ...agent, tools: [] } })));
    expect(gone.journal.pending).toEqual([]);
  });

  it('needs none when exactly the same is approved for the conversation, but after strangers’ words it does', () => {
    const [asked] = asks(['ask']).journal.asking ?? [];
    const grants = [asked?.binding ?? ''];
    expect(only(asks(['ask'], { grants }).journal.pending).permitted).toBe(true);
    expect(asks(['ask more'], { grants }).journal.pending).toEqual([]);
    const reader = { ...agent, tools: agent.tools.map((spec) => ({ ...spec, effects: ['reads-untrusted'] as const })) };
    const first = asks(['read'], { agent: reader, grants });
    expect(first.journal).toMatchObject({ tainted: true });
    const results = [{ call: '7.1.1', outcome: outcome('a page') }];
    const { journal } = as('ask', begin(later(first.journal, { agent: reader, grants, results })));
    const second = as(
      'suspend',
      proceed({ ...later(journal, { agent: reader, grants }), journal }, calls(shell('ask'))),
    );
    expect(second.journal.pending).toEqual([]);
    expect(only(second.replies ?? []).text).toContain('strangers');
  });

  it('is taint too what a result says of itself', () => {
    const { journal } = asks(['ls']);
    const results = [{ call: '7.1.1', outcome: outcome('a page', { untrusted: true }) }];
    expect(as('ask', begin(later(journal, { results }))).journal.tainted).toBe(true);
  });

  it('goes with the turn when that is stopped or reset, and is not made when the person interrupts', () => {
    const { journal } = asks(['ls', 'ask']);
    for (const action of ['stop', 'reset'] as const) {
      const { entries, cancelled } = as('commit', begin(later(journal, { control: [control('s1', { action })] })));
      expect(cancelled.map(({ call }) => call)).toEqual(['7.1.1']);
      expect(shape(entries)).toBe(action === 'stop' ? 'uAttn' : 'n');
    }
    const interrupting = { ...agent, queueMode: 'interrupt' as const };
    const next = as('ask', begin(later(journal, { mail: [mail('m2')], agent: interrupting })));
    expect(shape(next.journal.entries)).toBe('uAttu');
    expect(next.journal.asking).toBeUndefined();
  });

  it('is one of at most eight at a time', () => {
    const { journal } = asks(Array.from({ length: 9 }, (_, at) => `ask ${at}`));
    expect(journal.asking).toHaveLength(8);
    expect(journal.entries.at(-1)).toMatchObject({ call: '7.1.9', code: 'tool.not_allowed' });
  });
});
