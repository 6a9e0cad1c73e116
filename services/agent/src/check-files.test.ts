import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blobs, openBlobs } from '@queueclaw/blobs';
import type { Attachment, TaskResult } from '@queueclaw/contracts';
import { BlobsConfig, createLogger } from '@queueclaw/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileChecker } from './check-files.js';

let home: string;
let blobs: Blobs;
const logger = createLogger('agent', 'silent', () => undefined);
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'queueclaw-checked-'));
  blobs = openBlobs({ config: BlobsConfig.parse({}), home });
});
afterAll(() => rm(home, { recursive: true, force: true }));

const result = (...attachments: Attachment[]): TaskResult => ({
  ...{ v: 1, tenant: 'acme', conversation: 'c', call: '1.1.1', tool: 'send_file', ticket: 'a ticket of this test' },
  outcome: { ok: true, text: 'It goes.', ms: 1, ...(attachments.length === 0 ? {} : { attachments }) },
});
const put = (tenant: string): Promise<Attachment> =>
  blobs.put(tenant, [Buffer.from('seven b')], { name: 'a.txt', type: 'text/plain' });

it('a file is what lies in the store, whatever its runner says of it', async () => {
  const file = await put('acme');
  const told = { ...file, size: 1, type: 'image/png', name: '../../etc/a\n.txt' };
  const { outcome } = await fileChecker(blobs, logger)(result(told));
  expect(outcome).toMatchObject({ ok: true, text: 'It goes.' });
  expect(outcome.attachments).toEqual([{ id: file.id, size: 7, type: 'application/octet-stream', name: 'a .txt' }]);
});

it('what is not there, or is only there for another tenant, is not sent', async () => {
  const { id } = await put('other');
  const other = { id, name: 'x', type: 'text/plain', size: 7 };
  await blobs.delete('acme', id);
  const { outcome } = await fileChecker(blobs, logger)(result(other));
  expect(outcome).toMatchObject({ ok: false, code: 'attachment.not_found' });
  expect(outcome).not.toHaveProperty('attachments');
});

it('a store that is away or silent fails the call and holds up nothing', async () => {
  const file = await put('acme');
  const away = fileChecker({ get: () => Promise.reject(new Error('away')) }, logger);
  const silent = fileChecker({ get: () => new Promise(() => undefined) }, logger, 5);
  for (const check of [away, silent]) expect((await check(result(file))).outcome).toMatchObject({ ok: false });
});

it('other results are as they were', async () => {
  expect(await fileChecker({ get: () => Promise.reject(new Error('never')) }, logger)(result())).toEqual(result());
});
