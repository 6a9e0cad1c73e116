import { AppError } from '@queueclaw/contracts';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { CommandError } from './exit-code.js';
import { createProgram, explain } from './program.js';

const run = async (...args: string[]): Promise<unknown> => {
  const program = createProgram().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  for (const command of program.commands)
    command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  return program.parseAsync(args, { from: 'user' }).catch((error: unknown) => error);
};

test('knows the commands of the contract', () => {
  const names = createProgram().commands.map((command) => command.name());
  expect(names).toEqual(['up', 'run', 'chat', 'send', 'doctor', 'config', 'redis']);
  const configuration = createProgram().commands.find((command) => command.name() === 'config');
  expect(configuration?.commands.map((command) => command.name())).toEqual(['validate', 'show', 'schema']);
});

test('what it does not understand is a usage error, help is not', async () => {
  for (const args of [['bogus'], ['send'], ['up', '--bogus']])
    expect(explain(await run(...args)).code, args.join(' ')).toBe(2);
  expect(explain(await run('run', 'nothing'))).toMatchObject({
    code: 2,
    message: expect.stringContaining('all-in-one'),
  });
  expect(explain(await run('send', 'hi', '--wait', '1h'))).toMatchObject({ code: 2 });
  expect(explain(await run('send', 'hi', '--conversation', 'a b'))).toMatchObject({ code: 2 });
  expect(explain(await run('--help')).code).toBe(0);
});

test('errors end in their exit code and say what people need, without a stack', () => {
  expect(explain(new CommandError('gone', 3))).toEqual({ code: 3, message: 'gone' });
  expect(explain(new AppError('config.invalid', { publicMessage: 'line 3' }))).toEqual({ code: 1, message: 'line 3' });
  expect(explain(new CommanderError(1, 'x', 'said already'))).toEqual({ code: 2, message: undefined });
});
