import { eventually, nodeFromSource } from '@queueclaw/testing';
import { execa } from 'execa';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExecOptions } from './exec.js';
import { createSandbox, type Sandbox } from './sandbox.js';
import { lockWorkspace } from './workspaces/lock.js';

/** Two runners, as on two machines with one volume between them. */
let home: string;
let runners: readonly Sandbox[];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-shared-'));
  const limits = { workspaceBytes: 2 * 1024 * 1024, workspaceFiles: 100 };
  runners = [1, 2].map(() => createSandbox({ env: process.env, home, limits, without: ['groups', 'mounts'] }));
  await Promise.all(runners.map((runner) => runner.report()));
});
afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.close()));
  await rm(home, { recursive: true, force: true });
});

const address = (conversation: string): { tenant: string; conversation: string } => ({ tenant: 'acme', conversation });
const root = (): string => join(home, 'workspaces');
const of = (at: number): Sandbox => runners[at] ?? expect.unreachable();
const never = new AbortController().signal;
const sh = async (
  at: number,
  conversation: string,
  command: string,
  more: Partial<ExecOptions> = {},
): Promise<string> => {
  const workspace = await of(at).workspace(address(conversation));
  const usual = { timeoutMs: 20_000, outputBytesMax: 100_000, signal: never };
  const { output, reason, notes } = await of(at).exec(command, { workspace, ...usual, ...more });
  return [Buffer.from(output).toString('utf8'), reason === 'exit' ? '' : reason, ...notes].filter(Boolean).join('; ');
};
const read = async (at: number, conversation: string, path: string): Promise<string> => {
  const workspace = await of(at).workspace(address(conversation));
  const { bytes } = await of(at).readFile(workspace, path, { bytesMax: 100 });
  return Buffer.from(bytes).toString('utf8');
};

it('a runner finds what another one wrote, by command and by file', async () => {
  expect(await sh(0, 'a', 'mkdir d; echo from the first >d/x')).toBe('');
  expect(await sh(1, 'a', 'cat d/x; echo from the second >>d/x')).toBe('from the first\n');
  expect(await read(0, 'a', 'd/x')).toBe('from the first\nfrom the second\n');
  await of(1).writeFile(await of(1).workspace(address('a')), 'y', 'by file');
  expect(await sh(0, 'a', 'cat y')).toBe('by file');
});

it('what one counted as too much is too much for the other', async () => {
  expect(await sh(0, 'b', 'head -c 3000000 /dev/zero >big')).toMatch(/holds more than it may/);
  expect(await sh(1, 'b', 'echo x >x')).toMatch(/Read-only file system.*holds more than it may/s);
  const workspace = await of(1).workspace(address('b'));
  await expect(of(1).writeFile(workspace, 'x', 'x')).rejects.toMatchObject({ kind: 'quota' });
});

it('commands of one conversation run one after the other, those of another meanwhile', async () => {
  const script = 'mkdir lock && echo alone; sleep 0.1; rmdir lock';
  expect(await Promise.all([0, 1, 0, 1].map((at) => sh(at, 'c', script)))).toEqual(Array(4).fill('alone\n'));
  const stop = new AbortController();
  const long = sh(0, 'c', 'echo begun >begun; sleep 20', { signal: stop.signal });
  await eventually(() => read(1, 'c', 'begun'));
  expect(await sh(1, 'd', 'echo meanwhile')).toBe('meanwhile\n');
  const waits = new AbortController();
  const second = sh(1, 'c', 'echo late', { signal: waits.signal });
  waits.abort();
  expect(await second).toBe('aborted');
  stop.abort();
  expect(await long).toBe('aborted');
});

it('a workspace is removed when no runner has a command in it any more, and its next use finds a new one', async () => {
  const stop = new AbortController();
  const running = sh(0, 'e', 'echo begun >begun; sleep 20; echo late >late', { signal: stop.signal });
  await eventually(() => read(1, 'e', 'begun'));
  let isForgotten = false;
  const forgetting = of(1)
    .forget(address('e'))
    .finally(() => (isForgotten = true));
  expect(await sh(1, 'f', 'echo another conversation goes on')).toMatch(/goes on/);
  expect(isForgotten).toBe(false);
  stop.abort();
  await running;
  expect(await forgetting).toBe(true);
  expect(await sh(0, 'e', 'ls -A')).toBe('');
});

it('a command that waited while another runner removed its workspace finds a new one', async () => {
  const release = await lockWorkspace(root(), await of(0).workspace(address('g')));
  await of(0).writeFile(await of(0).workspace(address('g')), 'old', 'old');
  const waiting = sh(0, 'g', 'ls -A; echo new >new');
  await rm(await of(1).workspace(address('g')), { recursive: true, force: true });
  await release();
  expect(await waiting).toBe('');
  expect(await sh(1, 'g', 'ls')).toBe('new\n');
});

it('who comes late to forget a conversation leaves the files of the one that began anew', async () => {
  await sh(0, 'h', 'echo anew >note');
  expect(await of(1).forget(address('h'), Date.now() - 60_000)).toBe(false);
  expect(await read(1, 'h', 'note')).toBe('anew\n');
  expect(await of(1).forget(address('h'), Date.now() + 60_000)).toBe(true);
});

it('a runner that is killed gives its locks back, and no file of a lock names a conversation', async () => {
  const workspace = await of(0).workspace(address('i'));
  const program = `
    const { lockWorkspace } = await import(${JSON.stringify(join(import.meta.dirname, 'workspaces/lock.ts'))});
    await lockWorkspace(${JSON.stringify(root())}, ${JSON.stringify(workspace)});
    console.log('locked');
    setInterval(() => undefined, 1000);`;
  const child = execa(process.execPath, [...nodeFromSource, '--input-type=module', '-e', program], { reject: false });
  await once(child.stdout, 'data');
  const waiting = sh(0, 'i', 'echo free');
  child.kill('SIGKILL');
  expect(await waiting).toBe('free\n');
  await child;
  for (const name of await readdir(join(root(), '.locks'))) expect(name).toMatch(/^\d{1,4}$/);
});
