import { expect, it } from 'vitest';
import { commandWords, refusal } from './policy.js';

const policy = { enableDangerous: false, allowedCommands: ['ls', 'git', 'echo'] };

it('finds the first word of every simple command', () => {
  expect(commandWords('ls -la | git log; echo hi && LC_ALL=C echo "a;b" & ls')).toEqual([
    'ls',
    'git',
    'echo',
    'echo',
    'ls',
  ]);
});

it.each([
  'echo $(id)',
  'echo `id`',
  'l\\s',
  'echo "open',
  '"ls"',
  '$X',
  'ls\nid',
  '(id)',
  '{ id; }',
  'cat <<E',
  '',
  'echo ${X}',
  '>f',
  'ls <(id)',
])('refuses what it cannot take apart, or does not know: %j', (command) => {
  expect(refusal(command, policy)).toBeTypeOf('string');
});

it('refuses a command that is not on the list, wherever it stands', () => {
  for (const command of ['id', 'ls; id', 'ls | id', 'ls && id', 'ls || id', 'ls & id', 'X=1 id'])
    expect(refusal(command, policy)).toContain('id is not allowed');
});

it('allows everything without a list, and lifts the list when dangerous is enabled', () => {
  expect(refusal('id', { enableDangerous: false })).toBeUndefined();
  expect(refusal('id', { ...policy, enableDangerous: true })).toBeUndefined();
  expect(refusal('git status | ls', policy)).toBeUndefined();
});
