import type { ToolSpec } from '@queueclaw/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallPlace, type CallPolicy, fits, judgeCall, type PolicyRule } from './judge.js';

const spec = (name: string, more: Partial<ToolSpec> = {}): ToolSpec => ({
  ...{ name, description: '', parameters: {}, idempotent: false, timeoutMs: 1_000, summary: name, ...more },
});
const place: CallPlace = { tenant: 'default', conversation: 'c1', channel: 'telegram', tainted: false };
const open: CallPolicy = { enableDangerous: false, allowedCommands: undefined, rules: [] };
const judge = (policy: Partial<CallPolicy>, command: string, more: Partial<CallPlace> = {}, call = '1.1.1') =>
  judgeCall({ ...open, ...policy }, spec('shell'), { call, name: 'shell', args: { command } }, { ...place, ...more });
const verdict = (policy: Partial<CallPolicy>, command: string, more: Partial<CallPlace> = {}): string =>
  judge(policy, command, more).verdict;

describe('the policy', () => {
  it('asks about every command outside of the allowed ones, and what it cannot take apart', () => {
    const listed = { allowedCommands: ['ls', 'git'] };
    for (const plain of ['ls', 'ls -l | git log', 'A=1 ls && git x']) expect(verdict(listed, plain)).toBe('allow');
    for (const other of ['rm x', 'ls; rm x', 'ls $(rm x)', 'ls `rm x`', "ls '", 'ls\nrm x', 'l\\s', '"ls"', '$x'])
      expect(verdict(listed, other)).toBe('ask');
    expect(verdict({ ...listed, enableDangerous: true }, 'rm x')).toBe('allow');
    expect(verdict({}, 'rm $(x)')).toBe('allow');
  });

  it('goes by the first rule that fits a command, and by the strictest of a line’s commands', () => {
    const rules: PolicyRule[] = [
      { tool: 'shell', command: 'git push*', do: 'ask' },
      { tool: 'shell', command: 'git *', do: 'allow' },
      { tool: 'shell', command: 'curl*', do: 'deny' },
    ];
    const policy = { rules, allowedCommands: ['ls'] };
    expect(verdict(policy, 'git log')).toBe('allow');
    expect(verdict(policy, 'git log; ls')).toBe('allow');
    expect(verdict(policy, 'git log; git push -f')).toBe('ask');
    expect(verdict(policy, 'git log; rm x')).toBe('ask');
    expect(verdict(policy, 'git push; curl x')).toBe('deny');
    expect(verdict(policy, 'A=1 curl x')).toBe('deny');
    expect(verdict(policy, 'GIT_PAGER=x git log')).toBe('ask');
    expect(verdict(policy, 'git $(curl x)')).toBe('deny');
    expect(verdict(policy, 'git log $(id)')).toBe('ask');
  });

  it('is one of tools, channels and tenants', () => {
    const write = (rules: PolicyRule[], more: Partial<CallPlace> = {}): string =>
      judgeCall(
        { ...open, rules },
        spec('write_file'),
        { call: '1.1.1', name: 'write_file', args: { path: 'a' } },
        { ...place, ...more },
      ).verdict;
    expect(write([])).toBe('allow');
    expect(write([{ tool: 'write_*', do: 'ask' }])).toBe('ask');
    expect(write([{ tool: '*', channel: 'discord', do: 'deny' }])).toBe('allow');
    expect(write([{ tool: '*', tenant: 'acme', do: 'deny' }], { tenant: 'acme' })).toBe('deny');
    expect(verdict({ rules: [{ tool: 'shell', do: 'ask' }] }, 'ls $(x)')).toBe('ask');
    expect(verdict({ rules: [{ tool: 'shell', do: 'deny' }], enableDangerous: true }, 'ls')).toBe('deny');
  });

  it('asks, after strangers’ words, about what leaves the conversation, unless the tool is always allowed', () => {
    for (const effect of ['sends', 'remembers', 'schedules'] as const) {
      const outward = (rules: PolicyRule[], tainted: boolean): string =>
        judgeCall(
          { ...open, enableDangerous: true, rules },
          spec('remember', { effects: [effect], place: 'agent' }),
          { call: '1.1.1', name: 'remember', args: {} },
          { ...place, tainted },
        ).verdict;
      expect(outward([], false)).toBe('allow');
      expect(outward([], true)).toBe('ask');
      expect(outward([{ tool: 'remember', do: 'allow' }], true)).toBe('ask');
      expect(outward([{ tool: 'remember', do: 'always' }], true)).toBe('allow');
      expect(outward([{ tool: 'remember', do: 'deny' }], true)).toBe('deny');
    }
    expect(verdict({}, 'ls', { tainted: true })).toBe('allow');
  });

  it('binds an approval to exactly the call: its arguments in any order, its time and its conversation', () => {
    const call = (args: unknown, id = '1.1.1', conversation = 'c1') =>
      judgeCall(open, spec('shell'), { call: id, name: 'shell', args }, { ...place, conversation });
    const first = call({ command: 'ls', timeout_seconds: 1 });
    expect(call({ timeout_seconds: 1, command: 'ls' })).toEqual(first);
    expect(call({ command: 'ls', timeout_seconds: 2 }).binding).not.toBe(first.binding);
    expect(call({ command: 'ls', timeout_seconds: 1 }, '1.2.1').binding).toBe(first.binding);
    expect(call({ command: 'ls', timeout_seconds: 1 }, '1.2.1').approval).not.toBe(first.approval);
    expect(call({ command: 'ls', timeout_seconds: 1 }, '1.1.1', 'c2').approval).not.toBe(first.approval);
    const net = judgeCall(open, spec('shell', { needs: 'network' }), { call: '1.1.1', name: 'shell', args: {} }, place);
    expect(net.network).toBe(true);
    expect(net.binding).not.toBe(call({}).binding);
  });

  it('reads any command without throwing, and never lets through what a forbidden part is in', () => {
    const rules: PolicyRule[] = [{ tool: 'shell', command: 'rm*', do: 'deny' }];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(';', '|', '&&', '\n'), (text, join) => {
        expect(verdict({ rules }, `${text}${join}rm x`)).not.toBe('allow');
      }),
    );
  });
});

it('a pattern stands for whole texts, in which * is anything', () => {
  for (const [pattern, text] of [
    ...[
      ['a', 'a'],
      ['*', ''],
      ['a*', 'ab'],
      ['*b', 'ab'],
      ['a*b*c', 'a1b2c'],
    ],
  ])
    expect(fits(pattern ?? '', text ?? '')).toBe(true);
  for (const [pattern, text] of [
    ...[
      ['a', 'ab'],
      ['a*a', 'a'],
      ['a*b*b', 'ab'],
      ['*x*', 'ab'],
    ],
  ])
    expect(fits(pattern ?? '', text ?? '')).toBe(false);
});
