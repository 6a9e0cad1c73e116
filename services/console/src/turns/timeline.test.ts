import type { TranscriptEntry } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { timelineOf } from './timeline.js';

const base = { v: 1 as const, turn: 3 };
const usage = { inputTokens: 100, outputTokens: 10, cachedTokens: 40, costMicros: 250 };
const asked: TranscriptEntry = {
  ...base,
  role: 'user',
  at: 1_000,
  id: 'm1',
  text: 'hi',
  from: { id: 'u', name: 'Ada' },
};
const call = (n: number): { call: string; name: string; args: unknown } => ({
  ...{ call: `3.1.${n}`, name: 'shell', args: { command: `c${n}` } },
});
const calls: TranscriptEntry = {
  ...{ ...base, role: 'assistant', at: 1_800, text: '', model: 'small', usage },
  calls: [call(1), call(2)],
};
const came = (n: number, ok: boolean): TranscriptEntry => ({
  ...{ ...base, role: 'tool', at: 2_500, call: `3.1.${n}`, name: 'shell', ok, text: `r${n}`, ms: 300 },
  ...(ok ? {} : { code: 'tool.failed' }),
});
const said: TranscriptEntry = { ...base, role: 'assistant', at: 3_000, text: 'done', model: 'large', usage };

describe('a turn that has ended', () => {
  const timeline = timelineOf(3, [asked, calls, came(1, true), came(2, false), said], false);

  it('tells messages, steps, tools with their own time and what they waited, in order', () => {
    expect(timeline.moments).toEqual([
      { what: 'message', at: 1_000, id: 'm1', from: 'Ada', text: 'hi' },
      { what: 'model', at: 1_800, step: 1, afterMs: 800, model: 'small', usage, text: '', calls: 2 },
      ...[
        { what: 'tool', at: 2_500, call: '3.1.1', name: 'shell', state: 'ok', args: { command: 'c1' }, text: 'r1' },
        { what: 'tool', at: 2_500, call: '3.1.2', name: 'shell', state: 'failed', args: { command: 'c2' }, text: 'r2' },
      ].map((tool) => ({ ...tool, ms: 300, waitedMs: 400, ...(tool.state === 'ok' ? {} : { code: 'tool.failed' }) })),
      { what: 'model', at: 3_000, step: 2, afterMs: 500, model: 'large', usage, text: 'done', calls: 0 },
    ]);
  });

  it('adds up steps, calls, time, tokens and cost', () => {
    expect(timeline).toMatchObject({
      ...{ turn: 3, state: 'answered', startedAt: 1_000, endedAt: 3_000, ms: 2_000, steps: 2, toolCalls: 2 },
      usage: { inputTokens: 200, outputTokens: 20, cachedTokens: 80, costMicros: 500 },
    });
  });
});

it('does not make up a cost or cached tokens that no model told', () => {
  const plain = { inputTokens: 1, outputTokens: 2 };
  const some: TranscriptEntry = { ...base, role: 'assistant', at: 1, text: 'x', usage: plain };
  expect(timelineOf(3, [some], false).usage).toEqual(plain);
  expect(timelineOf(3, [some, said], false).usage).toMatchObject({ costMicros: 250 });
});

it('says whether the system or a model had the last word, or nobody', () => {
  const notice: TranscriptEntry = { ...base, role: 'assistant', at: 4_000, text: 'It failed.', notice: true };
  expect(timelineOf(3, [asked, calls, notice], false)).toMatchObject({ state: 'notice', steps: 1 });
  expect(timelineOf(3, [asked], false).state).toBe('unanswered');
  expect(timelineOf(3, [], false)).toMatchObject({ state: 'unanswered', startedAt: 0, ms: 0, moments: [] });
});

it('shows calls that are out at the time they were made, with their arguments', () => {
  const out = { what: 'tool', at: 1, call: '3.1.2', name: 'shell', state: 'running', deadlineAt: 9_000 } as const;
  const { state, moments } = timelineOf(3, [asked, calls, came(1, true)], true, [out]);
  expect(state).toBe('running');
  expect(moments.at(-1)).toEqual({ ...out, at: 1_800, args: { command: 'c2' } });
});

it('is not confused by clocks that go backwards', () => {
  const early: TranscriptEntry = { ...said, at: 500 };
  const { moments, ms } = timelineOf(3, [asked, calls, { ...came(1, true), at: 1_850 }, early], false);
  expect(moments.flatMap((moment) => ('waitedMs' in moment ? [moment.waitedMs] : []))).toEqual([0]);
  expect(moments.at(-1)).toMatchObject({ afterMs: 0 });
  expect(ms).toBe(850);
});
