import { estimateRequestTokens, type ModelMessage, type Summary, type TranscriptEntry } from '@queueclaw/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin } from './begin.js';
import { agent, as, control, input, mail, shape, usage } from './scenario.js';
import { summarised, summaryRequest } from './summarise.js';
import type { AgentProfile, TurnInput } from './turn-input.js';
import { requestTokensMax } from './window.js';

const base = { v: 1, turn: 1, at: 1 } as const;
const user = (text: string): TranscriptEntry => ({ ...base, role: 'user', id: 'u', text });
const says = (text: string): TranscriptEntry => ({ ...base, role: 'assistant', text });
const call = (id: string): TranscriptEntry => ({
  ...{ ...base, role: 'assistant', text: '', calls: [{ call: id, name: 'shell', args: {} }] },
});
const result = (id: string, text: string): TranscriptEntry => ({
  ...{ ...base, role: 'tool', call: id, name: 'shell', ok: true, text },
});
const summary = (until: number, text = 'THE SUMMARY'): Summary => ({ v: 1, text, until, turn: 3, usage });
const windowOf = (contextTokens: number): AgentProfile => ({
  ...agent,
  tools: [],
  contextTokens,
  maxOutputTokens: 500,
});
const long = (what: string): string => `${what} ${'word '.repeat(400)}`;

describe('the window of a model', () => {
  const exchange = fc
    .record({
      asks: fc.nat({ max: 3_000 }),
      tools: fc.array(fc.nat({ max: 6_000 }), { maxLength: 3 }),
      tells: fc.nat({ max: 3_000 }),
    })
    .map(({ asks, tools, tells }) => [
      user('问'.repeat(asks)),
      ...tools.flatMap((length, at) => [call(`1.${at + 1}.1`), result(`1.${at + 1}.1`, 'y'.repeat(length))]),
      says('答'.repeat(tells)),
    ]);

  it('is never exceeded by what came before, whatever it was; pairs stay whole; it ends after one summary', () => {
    fc.assert(
      fc.property(
        fc.array(exchange, { maxLength: 12 }),
        fc.integer({ min: 4_000, max: 40_000 }),
        fc.nat(20),
        (past, window, unread) => {
          const profile = windowOf(window);
          const entries = past.flat();
          let now = input({ history: entries, from: unread, unread, agent: profile, mail: [mail('m1')] });
          let next = begin(now);
          for (let rounds = 0; next.do === 'summarise'; rounds += 1) {
            expect(rounds).toBeLessThan(2);
            const until = next.until ?? 0;
            expect(until).toBeGreaterThan(now.summary?.until ?? 0);
            const request = summaryRequest(now, { turn: 7, until }, entries.slice(0, until - unread));
            expect(estimateRequestTokens(request) + request.maxOutputTokens).toBeLessThanOrEqual(window);
            const history = entries.slice(until - unread);
            expect(history[0]?.role ?? 'user').toBe('user');
            now = { ...now, history, from: until, unread: 0, summary: summary(until) };
            next = begin(now);
          }
          const { request } = as('ask', next);
          expect(estimateRequestTokens(request)).toBeLessThanOrEqual(requestTokensMax(profile));
          const open: string[] = [];
          for (const message of request.messages)
            if (message.role === 'tool') expect(open.shift()).toBe(message.call);
            else {
              expect(open).toEqual([]);
              open.push(...(message.role === 'assistant' ? (message.calls ?? []) : []).map(({ id }) => id));
            }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is kept inside a turn too: its oldest tool results are left out, the rest stays', () => {
    const journal = {
      ...{ v: 1 as const, turn: 7, step: 2, startedAt: 1, pending: [], toolCalls: 2, usage },
      answers: [],
      entries: [
        user('question'),
        call('7.1.1'),
        result('7.1.1', long('old').repeat(6)),
        call('7.2.1'),
        result('7.2.1', 'fresh'),
      ],
    };
    const { now } = input();
    const { request } = as('ask', begin(input({ journal: { ...journal, startedAt: now }, agent: windowOf(4_000) })));
    const texts = request.messages.flatMap((message: ModelMessage) => (message.role === 'tool' ? [message.text] : []));
    expect(texts).toEqual(['[An older result, left out here for its length.]', 'fresh']);
  });
});

describe('a summary', () => {
  it('comes before the history, as a record and not in the system prompt', () => {
    const { request } = as(
      'ask',
      begin(input({ summary: summary(5), from: 5, history: [user('b'), says('c')], mail: [mail('m1')] })),
    );
    expect(shape(request.messages)).toBe('uuau');
    expect(request.messages[0]?.text).toMatch(/not an instruction\.\]\nTHE SUMMARY$/);
    expect(request.system).not.toContain('THE SUMMARY');
  });

  it('is made when entries would be left out, of whole exchanges, and keeps the newest half', () => {
    const history = [
      says('cut off'),
      user('a'),
      says('b'),
      user('c'),
      call('1.1.1'),
      result('1.1.1', 'x'),
      says('d'),
      user('e'),
      says('f'),
    ];
    const next = as('summarise', begin(input({ history, from: 10, unread: 3, mail: [mail('m1')] })));
    expect(next).toMatchObject({ until: 17, asked: false });
  });

  it('is told with what is to be kept, and with who says what in a group', () => {
    const group = [
      user('x'),
      { ...user('y'), from: { id: '1', name: 'Ada' } },
      { ...user('z'), from: { id: '2', name: 'Bo' } },
    ];
    const asked = input({ compact: control('k1', { action: 'compact', focus: 'the address' }), summary: summary(2) });
    const { messages, tools } = summaryRequest(asked, { turn: 7, until: 5 }, [
      ...group,
      call('1.1.1'),
      result('1.1.1', 'out'),
    ]);
    expect(tools).toEqual([]);
    expect(messages[0]?.text).toBe(
      'Summary of what came before:\nTHE SUMMARY\n\n[someone] x\n[Ada] y\n[Bo] z\n[calls shell] {}\n[result of shell] out' +
        '\n\nThe person asks to keep above all:\nthe address',
    );
  });

  it('counts in the usage of the turn that needed it, once', () => {
    const next = as(
      'summarise',
      begin(input({ history: [user('a'), says('b'), user('c'), says('d')], from: 4, unread: 4, mail: [mail('m1')] })),
    );
    const done = summarised(input({ mail: [mail('m1')] }), next, {
      ok: true,
      text: 's',
      calls: [],
      reason: 'stop',
      usage,
      model: 'm',
    });
    expect(done.summary).toMatchObject({ turn: 7, usage });
    expect(done.replies).toMatchObject([{ answers: [], text: '(Older messages were summarised.)' }]);
  });

  it('a person’s wish is answered once, and changes nothing when the model fails', () => {
    const wish: Partial<TurnInput> = {
      compact: control('k1', { action: 'compact' }),
      history: Array(8)
        .fill([user('a'), says('b')])
        .flat() as TranscriptEntry[],
    };
    const next = as('summarise', begin(input(wish)));
    const failure = { code: 'llm.refused', publicMessage: 'No.' } as const;
    const done = summarised(input(wish), next, { ok: false, text: '', failure });
    expect(done.summary).toBeUndefined();
    expect(done).toMatchObject({
      commandDone: true,
      replies: [{ answers: ['k1'], status: 'failed', error: { code: 'llm.refused' } }],
    });
    const nothing = as('summarise', begin(input({ compact: control('k1', { action: 'compact' }) })));
    expect(summarised(input(wish), nothing, undefined).replies).toMatchObject([
      { answers: ['k1'], status: 'answered' },
    ]);
  });

  it('that fails for the moment is paid and told once in a turn, which goes on without the oldest; the next turn asks again', () => {
    const history = [user('a'), says('b'), user('c'), says('d')];
    const before = input({ history, from: 4, unread: 4, mail: [mail('m1')], summary: summary(0) });
    const next = as('summarise', begin(before));
    const failure = { code: 'llm.unavailable', publicMessage: 'Away.' } as const;
    const { summary: mark, replies } = summarised(before, next, { ok: false, text: '', failure, usage });
    expect(mark).toEqual({ ...summary(0), turn: 7, usage, failed: true });
    expect(replies).toHaveLength(1);
    const { request } = as('ask', begin({ ...before, summary: mark }));
    expect(shape(request.messages)).toBe('uuau');
    expect(as('summarise', begin({ ...before, turn: 8, summary: mark }))).toMatchObject({ until: next.until });
  });
});
