import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs } from '@queueclaw/blobs';
import { type Attachment, type Task, type ToolOutcome, workspacePlace } from '@queueclaw/contracts';
import { BlobsConfig, createLogger } from '@queueclaw/runtime';
import { createSandbox, type Sandbox } from '@queueclaw/sandbox';
import { eventually } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachmentPlacer } from './place-attachments.js';
import { runTask } from './run-task.js';

let home: string;
let sandbox: Sandbox;
let blobs: Blobs;
let reads: string[];
const log: string[] = [];
const logger = createLogger('tool-runner', 'debug', (line) => void log.push(line));

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-placed-'));
  sandbox = createSandbox({ env: process.env, home });
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
});
afterAll(async () => {
  await sandbox.close();
  await rm(home, { recursive: true, force: true });
});

const put = (text: string, name: string, tenant = 'acme'): Promise<Attachment> =>
  blobs.put(tenant, [Buffer.from(text)], { name, type: 'text/plain' });

const runner = (): ((
  conversation: string,
  command: string,
  attachments: readonly Attachment[],
) => Promise<ToolOutcome>) => {
  reads = [];
  const get: Blobs['get'] = (tenant, id) => {
    reads.push(id);
    return blobs.get(tenant, id);
  };
  const place = attachmentPlacer({ blobs: { get }, sandbox, logger });
  return (conversation, command, attachments) => {
    const at = Date.now();
    const task: Task = {
      ...{ v: 1, tenant: 'acme', conversation, call: '1.1.1', tool: 'shell', args: { command }, at },
      ...{ ticket: 'a ticket of this test', deadlineAt: at + 20_000, policy: { enableDangerous: false } },
      attachments: [...attachments],
    };
    const deps = { sandbox, place, now: Date.now, markStarted: async () => undefined, onFault: () => undefined };
    return runTask(task, deps, new AbortController().signal);
  };
};

it('a tool finds the attachments of its conversation as the model was told, read-only, read once', async () => {
  const run = runner();
  const files = [await put('one', 'report 1.txt'), await put('二', '报告.txt')];
  const places = files.map(workspacePlace);
  const shown = await run('a', `cat ${places.join(' ')}; stat -c '%A %n' attachments/*`, files);
  expect(shown.text.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/^one二-r--r--r-- /),
    expect.stringMatching(/^-r--r--r-- /),
    '',
  ]);
  expect((await run('a', 'ls -A attachments | wc -l', files)).text.trim()).toBe('2');
  expect(reads).toHaveLength(2);
  expect((await run('b', 'ls -A', [])).text).not.toContain('attachments');
});

it('what stands in the place already is left alone, and a link leads nowhere', async () => {
  const run = runner();
  const file = await put('from outside', 'x.txt');
  await run('c', `mkdir attachments; echo mine > ${workspacePlace(file)}`, []);
  expect((await run('c', `cat ${workspacePlace(file)}`, [file])).text).toBe('mine\n');
  for (const [conversation, command] of [
    ['d', 'ln -s /tmp attachments'],
    ['e', `mkdir attachments; ln -s /etc/passwd ${workspacePlace(file)}`],
    ['f', 'ln -s ../../.. attachments'],
    ['g', 'echo file > attachments'],
  ] as const) {
    await run(conversation, command, []);
    expect(await run(conversation, 'echo still here', [file])).toMatchObject({ ok: true, text: 'still here\n' });
  }
  expect(reads).toEqual([]);
});

it('a tool runs without what is gone, what another tenant has and what does not fit', async () => {
  const run = runner();
  const gone = await put('gone', 'gone.txt');
  await blobs.delete('acme', gone.id);
  const foreign = await put('foreign', 'foreign.txt', 'other');
  const large = { ...(await put('large', 'large.txt')), size: 101 * 1024 * 1024 };
  const fine = await put('fine', 'fine.txt');
  expect((await run('h', 'cat attachments/*', [large, gone, foreign, fine])).text).toBe('fine');
});

it('a store that is away is left alone for a while and never fails a tool', async () => {
  let now = 1_000_000;
  let asked = 0;
  const get: Blobs['get'] = async () => {
    asked += 1;
    throw new Error('the bucket is away');
  };
  const place = attachmentPlacer({ blobs: { get }, sandbox, logger, now: () => now });
  const task = { tenant: 'acme', attachments: [await put('x', 'x.txt')] };
  const workspace = await sandbox.workspace({ tenant: 'acme', conversation: 'i' });
  const { signal } = new AbortController();
  await place(task, workspace, signal);
  await place(task, workspace, signal);
  expect(asked).toBe(1);
  expect(log.join()).toContain('the bucket is away');
  now += 61_000;
  await place(task, workspace, signal);
  expect(asked).toBe(2);
  expect((await runner()('i', 'ls -A attachments', [])).text).toBe('(no output)');
});

it('a store that is slow keeps no tool waiting, and what arrives later is there for the next one', async () => {
  const file = await put('late', 'late.txt');
  const arrival = Promise.withResolvers<void>();
  const get: Blobs['get'] = async (...given) => {
    await arrival.promise;
    return blobs.get(...given);
  };
  const place = attachmentPlacer({ blobs: { get }, sandbox, logger, waitMs: 20 });
  const workspace = await sandbox.workspace({ tenant: 'acme', conversation: 'j' });
  await place({ tenant: 'acme', attachments: [file] }, workspace, new AbortController().signal);
  expect(log.join()).toContain('did not arrive in time');
  arrival.resolve();
  await eventually(async () =>
    expect(await sandbox.readFile(workspace, workspacePlace(file), { bytesMax: 10 })).toMatchObject({ size: 4 }),
  );
});
