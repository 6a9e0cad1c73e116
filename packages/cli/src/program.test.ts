import { AppError } from '@queueclaw/contracts';
import { type Command, CommanderError } from 'commander';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { CommandError } from './exit-code.js';
import { en } from './phrases/en.js';
import { callerHeaders } from './client/server-address.js';
import { checkNode } from './doctor/machine.js';
import { checkRunnerSandbox } from './doctor/tools.js';
import { type Words, wordsFor } from './phrases/index.js';
import { saidEn } from './phrases/said-en.js';
import { saidZh } from './phrases/said-zh.js';
import { whyInWords } from './phrases/why-in-words.js';
import { announceOn } from './up/announce.js';
import { zh } from './phrases/zh.js';
import { createProgram, explain } from './program.js';

const english = wordsFor({});
const chinese = wordsFor({ LANG: 'zh_CN.UTF-8' });

const silent = (command: Command): void => {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  command.commands.forEach(silent);
};
const run = async (...args: string[]): Promise<unknown> => {
  const program = createProgram(english);
  silent(program);
  return program.parseAsync(args, { from: 'user' }).catch((error: unknown) => error);
};
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const texts = (command: Command): string[] => [
  command.description(),
  ...command.options.map((option) => option.description),
  ...command.registeredArguments.map((argument) => argument.description),
];

test('knows the commands of the contract', () => {
  const program = createProgram(english);
  const names = program.commands.map((command) => command.name());
  expect(names.toSorted()).toEqual(
    [
      ...['up', 'run', 'chat', 'send', 'doctor', 'config', 'logs', 'completion', 'redis', 'onboard'],
      ...[
        'conversations',
        'people',
        'models',
        'tools',
        'channels',
        'pairing',
        'schedules',
        'approvals',
        'dead-letters',
      ],
    ].toSorted(),
  );
  const below = (name: string): (string | undefined)[] =>
    program.commands.find((command) => command.name() === name)?.commands.map((command) => command.name()) ?? [];
  expect(below('config')).toEqual(['validate', 'show', 'schema']);
  expect(below('conversations')).toEqual(['list', 'show', 'export', 'delete']);
  expect(below('people')).toEqual(['export', 'delete']);
  expect(below('channels')).toContain('test');
  expect(below('pairing')).toEqual(['list', 'approve', 'revoke']);
  expect(below('approvals')).toEqual(['list', 'approve', 'deny']);
  expect(below('schedules')).toEqual(['list', 'pause', 'resume', 'delete']);
  expect(below('dead-letters')).toEqual(['list', 'show', 'retry', 'drop']);
});

test('every command, option and argument is explained in both languages', () => {
  const both = [english, chinese].map((words) => all(createProgram(words)).flatMap(texts));
  const [enTexts = [], zhTexts = []] = both;
  expect(enTexts.length).toBeGreaterThan(60);
  expect(enTexts.filter((text) => text === '' || /\p{Script=Han}/u.test(text))).toEqual([]);
  expect(zhTexts.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
});

test('no phrase is missing, empty or without its marks in another language', () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  const marks = (text: string): string[] => [...text.matchAll(/\{\w+\}|--[a-z]+/g)].map(([mark]) => mark).toSorted();
  const inEnglish: Readonly<Record<string, string>> = { ...en, ...saidEn };
  for (const [key, text] of Object.entries({ ...zh, ...saidZh })) {
    expect(text, key).not.toBe('');
    expect(marks(text), key).toEqual(marks(inEnglish[key] ?? ''));
  }
  const whole = Object.entries(saidZh).filter(([, text]) => !/\p{Script=Han}/u.test(text));
  expect(whole.map(([key]) => key)).toEqual([]);
});

test('what is wrong with a command is said in the language of the terminal', async () => {
  const told = async (words: Words, ...args: string[]): Promise<string> => {
    let text = '';
    const program = createProgram(words);
    const listen = (command: Command): void => {
      command.configureOutput({ writeErr: (more) => void (text += more) });
      command.commands.forEach(listen);
    };
    listen(program);
    await program.parseAsync(args, { from: 'user' }).catch(() => undefined);
    return text.split('\n')[0] ?? '';
  };
  expect(await told(english, 'sned')).toBe('There is no command sned. Did you mean send?');
  expect(await told(chinese, 'sned')).toBe('没有命令 sned。您是指 send 吗？');
  expect(await told(chinese, 'models', '--jsno')).toBe('没有选项 --jsno。您是指 --json 吗？');
  expect(await told(chinese, 'send')).toBe('缺少参数 text。');
  expect(await told(chinese, 'send', 'x', '--wait')).toBe('选项 --wait <duration> 需要一个值。');
  expect(await told(english, 'models', 'x')).toBe('Too many arguments: 1.');
});

test('what commands answer and find is said in the language of the terminal', () => {
  vi.stubEnv('LC_ALL', 'zh_CN.UTF-8');
  try {
    expect(checkRunnerSandbox(undefined)).toMatchObject({ name: 'Sandbox', detail: 'tool-runner 没有应答' });
    expect(checkRunnerSandbox({ sandbox: { ok: true, detail: 'resources limited' } }).hint).toContain('命令已被隔离');
    expect(checkNode('20.1.0').detail).toBe('20.1.0 低于 24');
    expect(whyInWords('ANTHROPIC_API_KEY is set')).toBe('设置了 ANTHROPIC_API_KEY');
    expect(whyInWords('of something new')).toBe('of something new');
  } finally {
    vi.unstubAllEnvs();
  }
  expect(checkNode('20.1.0').detail).toBe('20.1.0 is older than 24');
});

test('no sentence of a command stands in the code instead of among the phrases', () => {
  const folder = import.meta.dirname;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/test|fixture|^phrases/.test(file),
  );
  expect(files.length).toBeGreaterThan(50);
  const sentence =
    /(?:CommandError|printLines|\.note|detail:|hint:|stderr\.write)\(?\s*\[?\s*(?:'[^'\n]* [^'\n]*'|`[^`$]*[a-z]{2,} [a-z]{2,}[^`]*`)/g;
  const found = files.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(sentence)].map(([match]) => `${file}: ${match}`),
  );
  expect(found).toEqual([]);
});

test('the help speaks the language of the environment', () => {
  const help = (env: Record<string, string>): string => createProgram(wordsFor(env)).helpInformation();
  for (const env of [{ LANG: 'zh_CN.UTF-8' }, { LC_ALL: 'zh_TW', LANG: 'en_US' }, { LC_MESSAGES: 'zh' }]) {
    expect(help(env)).toMatch(/用法：.*queueclaw/);
    expect(help(env)).toContain('显示帮助');
  }
  for (const env of [{}, { LC_ALL: 'C', LANG: 'zh_CN' }, { LANG: 'de_DE.UTF-8' }, { LANG: 'zhx' }])
    expect(help(env)).toContain('Usage: queueclaw');
});

test('the language of the environment is told to the server, where it is one', () => {
  const told = (env: Record<string, string>): string | undefined =>
    callerHeaders({ token: undefined }, env)['accept-language'];
  expect(told({ LANG: 'zh_CN.UTF-8' })).toBe('zh-CN');
  expect(told({ LC_ALL: 'de_DE@euro', LANG: 'zh_CN' })).toBe('de-DE');
  expect(told({ LC_MESSAGES: 'zh' })).toBe('zh');
  for (const env of [{}, { LC_ALL: 'C', LANG: 'zh_CN' }, { LANG: 'C.UTF-8' }, { LANG: 'POSIX' }, { LANG: 'x\ny' }])
    expect(told(env)).toBeUndefined();
});

test('up announces in the language of the environment', () => {
  const said = (env: Record<string, string>): string => {
    let text = '';
    announceOn({ write: (part) => (text += part) }, wordsFor(env))({ event: 'stopped' });
    return text;
  };
  expect([said({}), said({ LANG: 'zh_CN' })]).toEqual(['  Stopped.\n', '  已停止。\n']);
});

test('what it does not understand is a usage error, help is not', async () => {
  for (const args of [['bogus'], ['send'], ['up', '--bogus'], ['conversations', 'show']])
    expect(explain(await run(...args)).code, args.join(' ')).toBe(2);
  expect(explain(await run('run', 'nothing'))).toMatchObject({
    code: 2,
    message: expect.stringContaining('all-in-one'),
  });
  for (const args of [
    ['send', 'hi', '--wait', '1h'],
    ['send', 'hi', '--conversation', 'a b'],
    ['conversations', 'list', '--limit', '0'],
    ['conversations', 'delete', 'a b'],
    ['logs', '--service', 'nothing'],
    ['completion', 'tcsh'],
  ])
    expect(explain(await run(...args)), args.join(' ')).toMatchObject({ code: 2, error: 'request.invalid' });
  expect(explain(await run('--help')).code).toBe(0);
});

test('the help names the exit codes, usage too', async () => {
  let text = '';
  const program = createProgram(english).configureOutput({ writeOut: (part) => (text += part) });
  await program.parseAsync(['--help'], { from: 'user' }).catch(() => undefined);
  expect(text).toMatch(/0 answered.*1 failed.*2 not understood.*3 /);
});

test('errors end in their exit code and say what people need, without a stack', () => {
  expect(explain(new CommandError('gone', 3))).toEqual({ code: 3, message: 'gone', error: 'system.unavailable' });
  expect(explain(new AppError('config.invalid', { publicMessage: 'line 3' }))).toEqual({
    code: 1,
    message: 'line 3',
    error: 'config.invalid',
  });
  expect(explain(new CommanderError(1, 'x', 'said already'))).toMatchObject({ code: 2, message: undefined });
});
