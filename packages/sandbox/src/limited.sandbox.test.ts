import { nodeFromSource } from '@queueclaw/testing';
import { execa } from 'execa';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReachable } from './bubblewrap/reach.js';
import { openTrial, type Trial } from './sandbox-fixture.js';

const mebibyte = 1024 * 1024;
const limits = { memoryBytes: 128 * mebibyte, workspaceBytes: 4 * mebibyte, workspaceFiles: 50 };
let trial: Trial;

beforeAll(async () => {
  trial = await openTrial(process.env, { limits, without: ['groups', 'mounts'], concurrency: 4 });
});
afterAll(() => trial.close());
const forget = (): Promise<boolean> => trial.sandbox.forget({ tenant: 'default', conversation: 'a.b~c' });

it('says that it is limited, and why', async () => {
  const report = await trial.sandbox.report();
  expect(report).toMatchObject({ containment: 'ok', resources: 'limited' });
  expect(report.reasons).toEqual([
    expect.stringContaining('no control groups'),
    expect.stringContaining('no size-limited workspaces'),
  ]);
});

it('runs one command at a time', async () => {
  const script = 'mkdir lock && echo alone; sleep 0.1; rmdir lock';
  const results = await Promise.all([1, 2, 3].map(() => trial.sh(script)));
  expect(results.map(({ output }) => output)).toEqual(['alone\n', 'alone\n', 'alone\n']);
});

it('bounds the memory of a process', async () => {
  expect((await trial.sh('head -c 400000000 /dev/zero | tail -c 400000000 | wc -c')).output).not.toContain('400000000');
});

it.each([
  ['bytes', 'head -c 6000000 /dev/zero >big', 'echo more >>big'],
  ['bytes behind a closed folder', 'mkdir d; head -c 6000000 /dev/zero >d/big; chmod 0 d', 'chmod 700 d'],
  ['files', 'i=0; while [ $i -lt 60 ]; do true >f$i; i=$((i+1)); done', 'true >more'],
  ['folders', 'i=0; while [ $i -lt 60 ]; do mkdir d$i; i=$((i+1)); done', 'mkdir more'],
  ['depth', 'i=0; while [ $i -lt 40 ]; do n=$(printf %0200d 0); mkdir $n && cd -P $n; i=$((i+1)); done', 'true >more'],
])('lets a workspace with too many %s be read and not written, and tells the model', async (_what, fill, write) => {
  expect((await trial.sh(fill)).notes).toEqual([expect.stringMatching(/holds more than it may .*from now on/)]);
  const after = await trial.sh(`ls >/dev/null && echo readable; ${write}`);
  expect(after.output).toMatch(/^readable\n[\s\S]*Read-only file system/);
  expect(after.notes).toEqual([expect.stringMatching(/holds more than it may \(4 MiB, 50 files\): it is read-only/)]);
  await expect(trial.sandbox.writeFile(trial.workspace, 'x', 'x')).rejects.toMatchObject({ kind: 'quota' });
  const other = await trial.sandbox.workspace({ tenant: 'default', conversation: 'other' });
  await trial.sandbox.writeFile(other, 'x', 'x');
  await forget();
  expect((await trial.sh('echo anew >x; cat x')).output).toBe('anew\n');
});

it('follows no link when it measures', async () => {
  expect((await trial.sh('ln -s /usr usr; ln -s . self; echo fine')).notes).toEqual([]);
});

const someone = 54_321;
const program = (home: string): string => `
  const { createSandbox } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
  const sandbox = createSandbox({ env: process.env, home: ${JSON.stringify(home)}, limits: { workspaceFiles: 5 } });
  const { containment, resources, reasons } = await sandbox.report();
  const workspace = await sandbox.workspace({ tenant: 'default', conversation: 'c' });
  const sh = (command) => sandbox.exec(command,
    { workspace, timeoutMs: 10000, outputBytesMax: 1000, signal: new AbortController().signal });
  const { notes } = containment === 'ok' ? await sh('touch 1 2 3 4 5 6') : { notes: [] };
  await sandbox.close();
  console.log(JSON.stringify({ containment, resources, reasons, notes }));`;

describe.runIf(process.getuid?.() === 0 && isReachable(join(import.meta.dirname, 'index.ts')))('without root', () => {
  it('is limited, with the reasons, and measures workspaces', async () => {
    const home = await mkdtemp(join(tmpdir(), 'queueclaw-someone-'));
    await chmod(home, 0o777);
    const args = [...nodeFromSource, '--input-type=module', '-e', program(home)];
    const { stdout } = await execa(process.execPath, args, { uid: someone, gid: someone, cwd: '/' });
    await rm(home, { recursive: true, force: true });
    const found = JSON.parse(stdout) as { containment: string; resources: string; reasons: string[]; notes: string[] };
    expect(found.resources).toBe('limited');
    // Some machines let nobody but root have user namespaces; the reasons then say that.
    if (found.containment === 'ok') {
      expect(found.reasons.join()).toMatch(/no control groups.*the runner is not root/);
      expect(found.notes[0]).toMatch(/holds more than it may/);
    } else expect(found.reasons.join()).toMatch(/namespace|AppArmor|proc/i);
  });
});
