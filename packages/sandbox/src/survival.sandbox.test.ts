import { eventually, nodeFromSource } from '@queueclaw/testing';
import { execa } from 'execa';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLayout, foldersOf, type Layout } from './groups/layout.js';
import { openTrial } from './sandbox-fixture.js';
import { createSandbox, probeSandbox } from './sandbox.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-survival-'));
});
afterAll(async () => rm(home, { recursive: true, force: true }));

const layoutHere = (): Layout | undefined => {
  try {
    return findLayout();
  } catch {
    return undefined;
  }
};
const layout = layoutHere();
const groupsOf = (pid: number): readonly string[] =>
  layout === undefined
    ? []
    : foldersOf(layout).flatMap((folder) => readdirSync(folder).filter((name) => name.includes(`-${pid}-`)));
const backingFiles = (): readonly string[] =>
  readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .map((name) => {
      try {
        return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim();
      } catch {
        return '';
      }
    });
const address = { tenant: 'default', conversation: 'kept' };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

it('keeps a workspace over a restart, for commands and for file tools', async () => {
  const signal = new AbortController().signal;
  const usual = { timeoutMs: 10_000, outputBytesMax: 1_000, signal };
  for (const expected of ['', 'once\n']) {
    const sandbox = createSandbox({ env: process.env, home });
    const workspace = await sandbox.workspace(address);
    const read = sandbox.readFile(workspace, 'a/log', { bytesMax: 1_000 });
    expect(
      await read.then(
        ({ bytes }) => text(bytes),
        () => '',
      ),
    ).toBe(expected);
    expect(await sandbox.exec('mkdir -p a; echo once >>a/log', { ...usual, workspace })).toMatchObject({ exitCode: 0 });
    await sandbox.close();
  }
});

it('leaves neither group, mount, loop device nor draft when it is closed', async () => {
  const trial = await openTrial(process.env);
  await trial.sh('echo hi >x');
  await trial.sandbox.close();
  expect(groupsOf(process.pid)).toEqual([]);
  await eventually(() => expect(backingFiles().filter((path) => path.startsWith(trial.home))).toEqual([]));
  expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(trial.home);
  expect(await readdir(join(trial.home, 'workspaces'))).toEqual(['default']);
  expect((await readdir(join(trial.home, 'workspaces', 'default'))).length).toBe(1);
  await trial.close();
});

const runner = (command: string): string => `
  const { createSandbox } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
  const sandbox = createSandbox({ env: process.env, home: ${JSON.stringify(home)} });
  const workspace = await sandbox.workspace({ tenant: 'default', conversation: 'kept' });
  await sandbox.report();
  const signal = new AbortController().signal;
  const running = sandbox.exec(${JSON.stringify(command)}, { workspace, timeoutMs: 60000, outputBytesMax: 1000, signal });
  for (;;) {
    const found = await sandbox.readFile(workspace, 'begun', { bytesMax: 10 }).catch(() => undefined);
    if (found) break;
  }
  console.log('ready');
  await running;`;

it(
  'finds the workspace again and clears up after a runner that was killed in a command',
  { timeout: 60_000 },
  async () => {
    const program = runner('echo begun >begun; sh -c "sleep 60" & sleep 60');
    const child = execa(process.execPath, [...nodeFromSource, '--input-type=module', '-e', program], {
      reject: false,
      forceKillAfterDelay: false,
    });
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    const full = (await probeSandbox({ env: process.env, home })).resources === 'full';
    if (full) expect(groupsOf(pid).length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await child;
    // The kernel takes the mounts away with their namespace.
    await eventually(() => expect(backingFiles().filter((path) => path.startsWith(home))).toEqual([]));

    const sandbox = createSandbox({ env: process.env, home });
    await sandbox.report();
    expect(groupsOf(pid)).toEqual([]);
    const begun = await sandbox.readFile(await sandbox.workspace(address), 'begun', { bytesMax: 10 });
    expect(text(begun.bytes)).toBe('begun\n');
    await sandbox.close();
  },
);

describe.runIf(process.getuid?.() === 0)('two runners of one machine on one home', () => {
  it('share a workspace without harming it', async () => {
    const first = await openTrial(process.env);
    const second = createSandbox({ env: process.env, home: first.home });
    await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) => (n % 2 ? first.sandbox : second).writeFile(first.workspace, `f${n}`, String(n))),
    );
    expect((await first.sh('cat f0 f1 f2 f3 f4 f5')).output).toBe('012345');
    await second.close();
    expect((await first.sh('cat f0 f1 f2 f3 f4 f5')).output).toBe('012345');
    await first.close();
  });
});
