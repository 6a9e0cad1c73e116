import type { ModelEvent, ModelMessage } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import { guard } from '../guard.js';
import { eventsOf, never, quick, requestOf, shellTool, textOf } from '../testing/requests.js';
import { parseDemo } from './grammar.js';
import { create } from './index.js';

const file = (name: string, properties: Record<string, object>) => ({
  name,
  description: '',
  parameters: { type: 'object', properties },
});
const tools = [shellTool, file('read_file', { path: {} }), file('write_file', { path: {}, content: {} })];

const ask = (messages: string | readonly ModelMessage[], more = {}, signal = never): Promise<ModelEvent[]> =>
  eventsOf(
    guard(create({ name: 'demo', provider: 'demo' }), quick)(requestOf(messages, { tools, ...more }), signal, 60_000),
  );

const callsOf = (events: readonly ModelEvent[]): unknown[] =>
  events.flatMap((event) => (event.type === 'call' ? [[event.call.name, event.call.args]] : []));

describe('the demo model', () => {
  it('says that it is one, echoes, and lists what it can do', async () => {
    const talk = textOf(await ask('Why is the sky blue?'));
    expect(talk).toContain('demo model');
    expect(talk).toContain('Why is the sky blue?');
    const help = textOf(await ask('Help!'));
    for (const part of [
      'run: <command>',
      'write <file>: <text>',
      'read <file>',
      'slow <seconds>',
      'fail',
      'what did I say?',
    ])
      expect(help).toContain(part);
  });

  it('answers Chinese in Chinese', async () => {
    expect(textOf(await ask('你好'))).toMatch(/演示模型.*你好/s);
    expect(textOf(await ask('帮助'))).toContain('我是演示模型');
    expect(
      textOf(
        await ask([
          { role: 'user', text: '第一' },
          { role: 'assistant', text: '好' },
          { role: 'user', text: '我说了什么？' },
        ]),
      ),
    ).toContain('第一');
  });

  it('calls the shell, once for every run line', async () => {
    expect(callsOf(await ask('run: echo hi'))).toEqual([['shell', { command: 'echo hi' }]]);
    const events = await ask('run: sleep 1; echo a: b\nRUN: date\n');
    expect(callsOf(events)).toEqual([
      ['shell', { command: 'sleep 1; echo a: b' }],
      ['shell', { command: 'date' }],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'calls' });
  });

  it("writes and reads files under the tools' own argument names", async () => {
    expect(callsOf(await ask('write notes/a.txt: one: two\nthree\nread b.txt'))).toEqual([
      ['write_file', { path: 'notes/a.txt', content: 'one: two\nthree' }],
      ['read_file', { path: 'b.txt' }],
    ]);
  });

  it('calls nothing that was not offered', async () => {
    const events = await ask('run: date', { tools: [] });
    expect(callsOf(events)).toEqual([]);
    expect(textOf(events)).toContain('no tool `shell`');
  });

  it('reports the results of its calls, failures too, and then obeys what was said meanwhile', async () => {
    const calls = [
      { id: '1.1.1', name: 'shell', args: {} },
      { id: '1.1.2', name: 'shell', args: {} },
    ];
    const events = await ask([
      { role: 'user', text: 'run: date\nrun: false' },
      { role: 'assistant', text: 'I am calling.', calls },
      { role: 'tool', call: '1.1.1', name: 'shell', text: 'Monday ```\n', ok: true },
      { role: 'tool', call: '1.1.2', name: 'shell', text: 'exit 1', ok: false },
      { role: 'user', text: '[Sent while you were working.]\n[Ann] run: uptime' },
    ]);
    expect(textOf(events)).toMatch(/`shell` answered:\n````\nMonday ```\n````\n\n`shell` failed:\n```\nexit 1\n```/);
    expect(callsOf(events)).toEqual([['shell', { command: 'uptime' }]]);
  });

  it('remembers what was said', async () => {
    const before: ModelMessage[] = [
      { role: 'user', text: 'My cat is Tom.' },
      { role: 'assistant', text: 'Oh.' },
    ];
    expect(textOf(await ask([...before, { role: 'user', text: 'What did I say?' }]))).toContain('My cat is Tom.');
    expect(textOf(await ask('what did i say'))).toContain('not said anything');
  });

  it('fails when asked to, for good', async () => {
    expect(await ask('fail')).toMatchObject([{ type: 'failed', failure: { code: 'llm.refused' } }]);
  });

  it('talks slowly, a word at a time, until it is stopped', async () => {
    const events = await ask('slow 0.05');
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(2);
    expect(textOf(events)).toContain('Done.');
    const abort = new AbortController();
    const seen: ModelEvent[] = [];
    for await (const event of guard(create({ name: 'demo', provider: 'demo' }), quick)(
      requestOf('slow 60'),
      abort.signal,
      90_000,
    )) {
      seen.push(event);
      abort.abort();
    }
    expect(seen.at(-1)).toMatchObject({ type: 'failed', failure: { code: 'llm.aborted' } });
  });

  it('never talks slowly for more than a minute', () => {
    expect(parseDemo('slow 9999')).toEqual([{ kind: 'slow', seconds: 60 }]);
  });
});
