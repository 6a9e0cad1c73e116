import { commandIn, commandMenu, type ControlMail, Reply } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { agent, control, now, tools } from '../scenario.js';
import type { CommandFacts } from './command-facts.js';
import { obeyCommand } from './obey-command.js';

const facts: CommandFacts = {
  ...{ now, conversation: 'c1', agent, model: 'fast', models: ['fast', 'clever'], preferences: {} },
  ...{ turn: 3, working: false, journal: undefined, toolsOut: 0, waiting: 0, entries: 12, summarised: 4 },
  usage: undefined,
};
const obey = (mail: Partial<ControlMail>, more: Partial<CommandFacts> = {}) =>
  obeyCommand(control('k1', mail), { ...facts, ...more });
const told = (about: ControlMail['about'], more: Partial<CommandFacts> = {}, mail: Partial<ControlMail> = {}) =>
  obey({ action: 'tell', about, ...mail }, more).reply.text;

describe('a command', () => {
  it('is answered under its own id, beside all turns', () => {
    expect(obey({ action: 'tell', about: 'help' }).reply).toMatchObject({
      id: 'ck1',
      turn: 0,
      answers: ['k1'],
      status: 'answered',
    });
  });

  it('tells the tools in one line each', () => {
    expect(told('tools').split('\n')).toHaveLength(1 + tools.length);
    expect(told('tools', { agent: { ...agent, tools: [] } })).toBe('There are no tools.');
  });

  it('tells what is chosen, what is the default, and what is possible', () => {
    expect(told('queue')).toContain('Queue mode: collect (default)');
    expect(told('queue', { preferences: { queueMode: 'steer' } })).toContain('Queue mode: steer.');
    expect(told('model')).toContain('fast, clever');
    expect(told('queue', {}, { wrong: 'fastest' })).toMatch(/^"fastest" is not possible here\. Queue mode:/);
  });

  it('offers what can be chosen, each of which is a command itself, however many models there are', () => {
    const models = Array.from({ length: 40 }, (_, at) => `${'m'.repeat(120)}${at}`);
    for (const about of ['help', 'model', 'models', 'queue'] as const) {
      const { reply } = obey({ action: 'tell', about }, { models });
      expect(Reply.parse(reply).choices?.length).toBeGreaterThan(1);
      for (const { text } of reply.choices ?? []) expect(commandIn(text), text).toBeDefined();
    }
    expect(obey({ action: 'tell', about: 'queue' }).reply.choices?.at(1)).toEqual({
      ...{ label: 'steer', text: '/queue steer' },
    });
    expect(obey({ action: 'prefer', preferences: { model: 'slow' } }).reply.choices?.map(({ text }) => text)).toEqual([
      ...['/model fast', '/model clever', '/model default'],
    ]);
    expect(obey({ action: 'tell', about: 'status' }).reply.choices).toBeUndefined();
  });

  it('lists every command, and says that nothing waits for an approval', () => {
    for (const { name } of commandMenu) expect(told('help')).toContain(`/${name}: `);
    expect(told('approvals')).toBe('Nothing waits for your approval.');
    expect(told('approvals', { preferences: { language: 'zh' } })).toContain('没有');
  });

  it('changes several preferences at once, in the language that it has chosen', () => {
    const preferences = { language: 'zh-CN', queueMode: null, timezone: 'Asia/Shanghai' } as const;
    const done = obey({ action: 'prefer', preferences }, { preferences: { queueMode: 'steer' } });
    expect(done.change).toEqual(preferences);
    expect(done.reply.text.split('\n')).toEqual([
      '语言：中文（中国）。',
      '排队方式：collect（默认）。',
      '时区：Asia/Shanghai。',
    ]);
  });

  it('changes nothing when the model does not exist', () => {
    const done = obey({ action: 'prefer', preferences: { model: 'slow', queueMode: 'steer' } });
    expect(done.change).toBeUndefined();
    expect(done.reply.text).toContain('"slow" is not possible here');
  });

  it('tells usage with budgets and money', () => {
    const usage = {
      ...{ inputTokens: 1_000, outputTokens: 50, toolCalls: 2, turns: 3, costMicros: 1_234_500, currency: 'EUR' },
      budgets: [{ scope: 'tenant', unit: 'money', limit: 5_000_000, used: 2_000_000 }] as const,
    };
    expect(told('usage', { usage })).toBe(
      'Today you have used 1000 tokens in and 50 out, 2 tool calls, 3 answers, 1.2345 EUR.\n2 of 5 EUR for everybody here',
    );
    expect(told('usage')).toBe('What was used is not known at the moment.');
  });
});
