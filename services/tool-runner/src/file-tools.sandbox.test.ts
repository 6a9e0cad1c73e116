import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task, ToolOutcome } from '@queueclaw/contracts';
import { createSandbox, type Sandbox } from '@queueclaw/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTask } from './run-task.js';

let home: string;
let sandbox: Sandbox;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-tools-'));
  sandbox = createSandbox({ env: process.env, home });
});
afterAll(async () => {
  await sandbox.close();
  await rm(home, { recursive: true, force: true });
});

const call = (conversation: string, tool: string, args: unknown, more: Partial<Task> = {}): Promise<ToolOutcome> => {
  const at = Date.now();
  const task: Task = {
    ...{ v: 1, tenant: 'default', conversation, call: '1.1.1', tool, args, ticket: 'a ticket of this test' },
    ...{ deadlineAt: at + 20_000, policy: { enableDangerous: false }, at },
    ...more,
  };
  const deps = { sandbox, now: Date.now, markStarted: async () => undefined, onFault: () => undefined };
  return runTask(task, deps, new AbortController().signal);
};

it('writes, lists, searches, edits and reads the files of one conversation, which another does not see', async () => {
  expect(await call('a', 'write_file', { path: 'notes/plan.md', content: 'one\ntwo 二\nthree\n' })).toMatchObject({
    ok: true,
  });
  expect((await call('a', 'list_files', {})).text).toMatch(/notes\/\n.* notes\/plan\.md/);
  expect((await call('a', 'search_files', { pattern: 't(wo|hree)' })).text).toBe(
    'notes/plan.md:2:two 二\nnotes/plan.md:3:three',
  );
  expect((await call('a', 'search_files', { pattern: '二', glob: '*.md' })).text).toContain('two 二');
  expect(await call('a', 'edit_file', { path: 'notes/plan.md', old: 'two', new: '2' })).toMatchObject({ ok: true });
  expect((await call('a', 'read_file', { path: '/workspace/notes/plan.md', offset: 1, limit: 1 })).text).toMatch(
    /^2 二\n/,
  );
  expect((await call('b', 'list_files', {})).text).toBe('(empty)');
});

it('applies a patch to several files, and to none when a part of it does not fit or leads outside', async () => {
  await call('p', 'write_file', { path: 'x', content: 'one\ntwo\n' });
  const patch = (...lines: readonly string[]): unknown => ({
    patch: ['*** Begin Patch', '*** Update File: x', '-two', '+2', ...lines, '*** End Patch'].join('\n'),
  });
  expect(await call('p', 'apply_patch', patch('*** Add File: ../../out', '+x'))).toMatchObject({ ok: false });
  expect(await call('p', 'apply_patch', patch('*** Delete File: /etc/passwd'))).toMatchObject({ ok: false });
  expect((await call('p', 'list_files', {})).text).toMatch(/x$/);
  const told = await call('p', 'apply_patch', patch("*** Add File: it's/y", '+y'));
  expect(told).toMatchObject({ ok: true, text: "changed x\nadded it's/y" });
  const gone = { patch: "*** Begin Patch\n*** Delete File: it's/y\n*** End Patch" };
  expect(await call('p', 'apply_patch', gone)).toMatchObject({ ok: true });
  expect((await call('p', 'read_file', { path: 'x' })).text).toContain('one\n2');
});

it('changes nothing when the place of an edit is not certain', async () => {
  await call('c', 'write_file', { path: 'x', content: 'a a' });
  expect(await call('c', 'edit_file', { path: 'x', old: 'a', new: 'b' })).toMatchObject({ ok: false });
  expect(await call('c', 'edit_file', { path: 'x', old: 'z', new: 'b' })).toMatchObject({ ok: false });
  expect((await call('c', 'read_file', { path: 'x' })).text).toBe('a a');
});

it('answers in words to paths that lead outside, missing files, folders, binaries and bad patterns', async () => {
  await call('d', 'shell', { command: 'mkdir f; ln -s /etc/passwd link; printf "a\\0b" > binary' });
  for (const [tool, args] of [
    ['read_file', { path: '../../etc/passwd' }],
    ['read_file', { path: '/etc/passwd' }],
    ['read_file', { path: 'link' }],
    ['read_file', { path: 'f' }],
    ['read_file', { path: 'binary' }],
    ['read_file', { path: 'missing' }],
    ['list_files', { path: 'missing' }],
    ['search_files', { pattern: '(' }],
    ['edit_file', { path: 'missing', old: 'a', new: 'b' }],
    ['nonsense', {}],
    ['shell', { command: 7 }],
  ] as const) {
    const outcome = await call('d', tool, args);
    expect([tool, outcome.ok]).toEqual([tool, false]);
    expect(outcome.text.length).toBeGreaterThan(5);
  }
});

it('refuses a command by policy, and runs it when dangerous is enabled', async () => {
  const policy = { enableDangerous: false, allowedCommands: ['echo'] };
  expect(await call('e', 'shell', { command: 'id' }, { policy })).toMatchObject({ code: 'tool.not_allowed' });
  expect(await call('e', 'shell', { command: 'echo fine' }, { policy })).toMatchObject({ ok: true, text: 'fine\n' });
  expect(await call('e', 'shell', { command: 'id' }, { policy: { ...policy, enableDangerous: true } })).toMatchObject({
    ok: true,
  });
});

it('does not act on a call that was started before, unless repeating it is harmless', async () => {
  const startedAt = Date.now();
  expect(await call('f', 'shell', { command: 'echo again > twice' }, { startedAt })).toMatchObject({
    code: 'tool.unknown_outcome',
  });
  expect((await call('f', 'list_files', {}, { startedAt })).text).toBe('(empty)');
});

it('does not start a call whose deadline has passed, and stops one whose deadline passes', async () => {
  expect(await call('g', 'shell', { command: 'echo late > file' }, { deadlineAt: Date.now() - 1 })).toMatchObject({
    code: 'tool.timeout',
  });
  expect(await call('g', 'shell', { command: 'sleep 30' }, { deadlineAt: Date.now() + 700 })).toMatchObject({
    code: 'tool.timeout',
  });
});
