import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs, readBlob } from '@queueclaw/blobs';
import type { Task, ToolOutcome } from '@queueclaw/contracts';
import { BlobsConfig } from '@queueclaw/runtime';
import { createSandbox, type Sandbox } from '@queueclaw/sandbox';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileKeeper } from './keep-file.js';
import { runTask } from './run-task.js';

const sizeMax = 100_000;
let home: string;
let sandbox: Sandbox;
let blobs: Blobs;
const faults: unknown[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-sent-'));
  sandbox = createSandbox({ env: process.env, home });
  blobs = openBlobs({ config: BlobsConfig.parse({ max_size: sizeMax }), home });
});
afterAll(async () => {
  await sandbox.close();
  await rm(home, { recursive: true, force: true });
});

const call = (conversation: string, tool: string, args: unknown, more: Partial<Task> = {}): Promise<ToolOutcome> => {
  const at = Date.now();
  const task: Task = {
    ...{ v: 1, tenant: 'acme', conversation, call: '1.1.1', tool, args, ticket: 'a ticket of this test' },
    ...{ deadlineAt: at + 20_000, policy: { enableDangerous: false }, at },
    ...more,
  };
  const keep = fileKeeper(blobs);
  const onFault = (fault: unknown): void => void faults.push(fault);
  const deps = { sandbox, keep, now: Date.now, markStarted: async () => undefined, onFault };
  return runTask(task, deps, new AbortController().signal);
};
const shell = (conversation: string, command: string): Promise<ToolOutcome> => call(conversation, 'shell', { command });

it('a file that a command made is kept as it was, under its name or the one that is given', async () => {
  await shell('a', `mkdir out; printf '%%PDF-1' > 'out/report 1.pdf'; printf '\\211PNG\\r\\n\\032\\n' > red.bin`);
  const [report, picture] = [
    await call('a', 'send_file', { path: 'out/report 1.pdf' }),
    await call('a', 'send_file', { path: '/workspace/red.bin', name: '../红.png' }),
  ];
  expect(report).toMatchObject({ ok: true, attachments: [{ name: 'report 1.pdf', type: 'application/pdf', size: 6 }] });
  expect(picture.attachments).toMatchObject([{ name: '红.png', type: 'image/png', size: 8 }]);
  await shell('a', `rm -r out`);
  const id = report.attachments?.[0]?.id ?? '';
  expect(Buffer.from((await readBlob(blobs, 'acme', id, 99)) ?? []).toString()).toBe('%PDF-1');
  expect(await readBlob(blobs, 'other', id, 99)).toBeUndefined();
});

it('a call that is run again after a crash sends the same file', async () => {
  await shell('b', 'echo same > x.txt');
  const first = await call('b', 'send_file', { path: 'x.txt' });
  const again = await call('b', 'send_file', { path: 'x.txt' }, { startedAt: Date.now() });
  expect(again.attachments).toEqual(first.attachments);
});

it('nothing outside of the workspace is sent, nor what is no file', async () => {
  await shell('c', 'ln -s /etc/passwd link; ln -s /etc etc; mkdir folder; mkfifo pipe; : > empty; ln -s link again');
  const tries = [
    'link',
    'again',
    'etc/passwd',
    '../../etc/passwd',
    '/etc/passwd',
    'folder',
    'pipe',
    'empty',
    '/dev/zero',
  ];
  for (const path of [...tries, '/workspace/../c', 'missing', '/proc/self/environ', '.']) {
    const outcome = await call('c', 'send_file', { path });
    expect([path, outcome.ok, outcome.attachments]).toEqual([path, false, undefined]);
    expect(outcome.text.length).toBeGreaterThan(5);
  }
  expect(await call('d', 'send_file', { path: 'x.txt' })).toMatchObject({ ok: false });
  expect(faults).toEqual([]);
});

it('a file that is too large is refused, also one that is sparse, and leaves nothing behind', async () => {
  await shell('e', `truncate -s ${sizeMax + 1} large; truncate -s 60M huge`);
  for (const path of ['large', 'huge'])
    expect(await call('e', 'send_file', { path })).toMatchObject({ ok: false, code: 'attachment.too_large' });
  expect(await readdir(join(home, 'blobs', '.new'))).toEqual([]);
});
