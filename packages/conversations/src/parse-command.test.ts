import { CommandName, ControlMail } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { parseCommand } from './parse-command.js';

describe('a command', () => {
  it.each([
    ['/stop', { action: 'stop' }],
    ['  /STOP now, please ', { action: 'stop' }],
    ['/stop@queueclaw_bot', { action: 'stop' }],
    ['/new', { action: 'reset' }],
    ['/reset\n', { action: 'reset' }],
    ['/help', { action: 'tell', about: 'help' }],
    ['/status', { action: 'tell', about: 'status' }],
    ['/usage', { action: 'tell', about: 'usage' }],
    ['/models', { action: 'tell', about: 'models' }],
    ['/tools', { action: 'tell', about: 'tools' }],
    ['/whoami', { action: 'tell', about: 'whoami' }],
    ['/approve', { action: 'approve' }],
    ['/approve Conversation', { action: 'approve', scope: 'conversation' }],
    ['/approve@bot 0a1b2c3d4e once', { action: 'approve', approval: '0a1b2c3d4e', scope: 'once' }],
    ['/deny', { action: 'deny' }],
    ['/approve a b', { action: 'tell', about: 'approvals', wrong: 'a b' }],
    ['/deny 3', { action: 'deny', approval: '3' }],
    ['/queue', { action: 'tell', about: 'queue' }],
    ['/queue Steer', { action: 'prefer', preferences: { queueMode: 'steer' } }],
    ['/queue default', { action: 'prefer', preferences: { queueMode: null } }],
    ['/model openai/gpt', { action: 'prefer', preferences: { model: 'openai/gpt' } }],
    ['/language ZH-cn', { action: 'prefer', preferences: { language: 'zh-CN' } }],
    ['/timezone asia/shanghai', { action: 'prefer', preferences: { timezone: 'Asia/Shanghai' } }],
    ['/compact', { action: 'compact' }],
    ['/compact the trip\nto Oslo', { action: 'compact', focus: 'the trip\nto Oslo' }],
  ])('%j is understood', (text, command) => expect(parseCommand(text)).toEqual(command));

  it.each([
    ['/queue faster', 'queue', 'faster'],
    ['/language klingon!', 'language', 'klingon!'],
    ['/timezone Mars/Base', 'timezone', 'Mars/Base'],
    ['/model two words', 'model', 'two words'],
    ['/new and then what', 'new', 'and then what'],
    ['/status please', 'status', 'please'],
  ])('%j is told how it is used', (text, about, wrong) =>
    expect(parseCommand(text)).toEqual({ action: 'tell', about, wrong }),
  );

  it.each(['/home/ada/notes.txt is wrong', '/unknown', 'what does /help do?', '/', '//stop', '/helpful', '', '／帮助'])(
    '%j is none: it goes to the model',
    (text) => expect(parseCommand(text)).toBeUndefined(),
  );

  it('always fits the mail that carries it, however long and strange its argument is', () => {
    const rest = { v: 1, kind: 'control', id: 'c1', from: { id: 'ada' }, route: { channel: 'http' }, at: 1 };
    for (const name of CommandName.options)
      for (const argument of ['', 'x'.repeat(60_000), '😀'.repeat(2_000), '\ud800', 'default'])
        expect(ControlMail.safeParse({ ...rest, ...parseCommand(`/${name} ${argument}`) }).success).toBe(true);
  });
});
