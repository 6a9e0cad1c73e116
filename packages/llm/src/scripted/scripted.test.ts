import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../guard.js';
import { eventsOf, never, quick, requestOf, textOf } from '../testing/requests.js';
import { create } from './index.js';
import { createScriptedModel } from './scripted-model.js';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'queueclaw-scripted-'))));
afterAll(() => rm(folder, { recursive: true }));

const fromFile = async (name: string, text: string): Promise<ReturnType<typeof guard>> => {
  const script = join(folder, name);
  await writeFile(script, text);
  return guard(create({ name: 'it', provider: 'scripted', script }), quick);
};

describe('a script in a file', () => {
  it('answers by the first rule that fits, step by step within a turn, and keeps no memory', async () => {
    const model = await fromFile(
      'rules.yaml',
      [
        'rules:',
        '  - when: /^date\\b/i',
        '    steps:',
        '      - calls: [{ name: shell, args: { command: date } }]',
        '      - text: "It is {result}."',
        '  - steps: [{ text: "You said {text}, {count} so far." }]',
      ].join('\n'),
    );
    const ask = async (request: Parameters<typeof requestOf>[0]) => eventsOf(model(requestOf(request), never, 5_000));
    for (let times = 0; times < 2; times += 1)
      expect(await ask('Date please')).toMatchObject([{ type: 'call', call: { name: 'shell' } }, { reason: 'calls' }]);
    const second = await ask([
      { role: 'user', text: 'Date please' },
      { role: 'assistant', text: '', calls: [{ id: '1.1.1', name: 'shell', args: {} }] },
      { role: 'tool', call: '1.1.1', name: 'shell', text: 'Monday', ok: true },
    ]);
    expect(textOf(second)).toBe('It is Monday.');
    expect(textOf(await ask('hello'))).toBe('You said hello, 1 so far.');
  });

  it.each([
    ['no-rules.yaml', 'rules: []'],
    ['unknown.yaml', 'rules: [{ steps: [{ txt: hi }] }]'],
    ['code.yaml', 'rules: [{ steps: [{ failure: { code: llm.nope } }] }]'],
    ['broken.yaml', 'rules: ['],
  ])('fails every request as config.invalid when it is wrong: %s', async (name, text) => {
    await expect(fromFile(name, text)).rejects.toMatchObject({ code: 'config.invalid' });
  });
});

it('echoes without a script', async () => {
  expect(textOf(await eventsOf(createScriptedModel().stream(requestOf('hello'), never)))).toBe('hello');
});

it('answers in order from steps, and from a function', async () => {
  const steps = createScriptedModel([{ text: 'one' }, { text: ['t', 'wo'] }]);
  const said: string[] = [];
  for (let at = 0; at < 3; at += 1) said.push(textOf(await eventsOf(steps.stream(requestOf('x'), never))));
  expect(said).toEqual(['one', 'two', 'two']);
  const made = createScriptedModel((request, at) => ({ text: `${at}: ${request.messages.length}` }));
  expect(textOf(await eventsOf(made.stream(requestOf('x'), never)))).toBe('0: 1');
});

it('hangs until it is aborted when its script says so', async () => {
  const events = createScriptedModel([{ text: 'a', hang: true }]).stream(requestOf('x'), AbortSignal.timeout(50));
  expect((await eventsOf(events)).at(-1)).toMatchObject({ type: 'failed', failure: { code: 'llm.aborted' } });
});
