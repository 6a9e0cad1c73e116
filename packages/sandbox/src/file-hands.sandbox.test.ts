import { chmod, link, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTrial, type Trial } from './sandbox-fixture.js';

let trial: Trial;
const read = async (path: string, bytesMax = 1024): Promise<string> =>
  Buffer.from((await trial.sandbox.readFile(trial.workspace, path, { bytesMax })).bytes).toString('utf8');
const write = (path: string, text: string): Promise<void> => trial.sandbox.writeFile(trial.workspace, path, text);

beforeAll(async () => {
  trial = await openTrial(process.env);
});
afterAll(() => trial.close());

it('shares files with commands, both ways, folders included', async () => {
  await write('notes/täg 1/你好.txt', 'grüße 👋\n');
  const { output } = await trial.sh(
    'cat notes/*/你好.txt; echo more >>"notes/täg 1/你好.txt"; echo new >made; ls -ld notes',
  );
  expect(output).toMatch(/^grüße 👋\ndrwxr-xr-x/);
  expect(await read('/workspace/notes/täg 1/你好.txt')).toBe('grüße 👋\nmore\n');
  expect(await read('./made')).toBe('new\n');
});

it('reads no more than asked and says how long the file is', async () => {
  await write('long', 'x'.repeat(5_000));
  const content = await trial.sandbox.readFile(trial.workspace, 'long', { bytesMax: 100 });
  expect(content).toMatchObject({ size: 5_000, truncated: true });
  expect(content.bytes.length).toBe(100);
});

it('keeps the rights of a file it writes over', async () => {
  await trial.sh('echo "echo old" >tool; chmod 755 tool');
  await write('tool', 'echo new\n');
  expect((await trial.sh('./tool')).output).toBe('new\n');
});

it.each([
  ['../x', 'outside'],
  ['a/../../x', 'outside'],
  ['/etc/passwd', 'outside'],
  ['/workspace/../etc/passwd', 'outside'],
  ['/workspaces/x', 'outside'],
  ['a\0b', 'name'],
  ['x'.repeat(300), 'name'],
  ['', 'not-a-file'],
  ['nothing', 'missing'],
])('does not read %j', async (path, kind) => {
  await expect(read(path)).rejects.toMatchObject({ kind });
});

it.each(['../x', '/etc/queueclaw-test', 'a/../../x', '', '/workspace'])('does not write %j', async (path) => {
  await expect(write(path, 'x')).rejects.toMatchObject({ name: 'FileProblem' });
});

it('follows no link that a command made, neither file nor folder', async () => {
  const outside = join(trial.home, 'outside');
  await mkdir(outside, { recursive: true });
  await writeFile(join(outside, 'secret'), 's3cret');
  await chmod(outside, 0o777);
  await trial.sh(`ln -s '${outside}' folder; ln -s '${outside}/secret' file; ln -s /proc/self/environ env`);
  for (const path of ['folder/secret', 'file', 'env', 'folder'])
    await expect(read(path)).rejects.toMatchObject({ kind: 'not-a-folder' });
  await expect(write('folder/new', 'x')).rejects.toMatchObject({ kind: 'not-a-folder' });
  await write('file', 'mine');
  expect(await read('file')).toBe('mine');
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('s3cret');
  await expect(stat(join(outside, 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('never leaves the workspace while a command swaps folders for links as fast as it can', async () => {
  const outside = join(trial.home, 'race');
  await mkdir(outside, { recursive: true });
  await chmod(outside, 0o777);
  await writeFile(join(outside, 'target'), 's3cret');
  const stop = new AbortController();
  await trial.sh(`mkdir real; printf inside >real/target; ln -s '${outside}' link`);
  const swapping = trial.sh('while :; do mv -T real swap; mv -T link real; mv -T real link; mv -T swap real; done', {
    signal: stop.signal,
  });
  const seen = new Set<string>();
  for (let at = 0; at < 2_000; at += 1) {
    seen.add(await read('real/target').catch(() => 'refused'));
    if (at % 4 === 0) await write('real/new', 'x').catch(() => undefined);
  }
  stop.abort();
  await swapping;
  expect([...seen].sort()).toEqual(['inside', 'refused']);
  await expect(stat(join(outside, 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('reads neither pipes, nor devices, nor folders, and does not hang on them', async () => {
  await trial.sh('mkfifo pipe; mkdir -p dir');
  for (const path of ['pipe', 'dir']) await expect(read(path)).rejects.toMatchObject({ kind: 'not-a-file' });
  await write('pipe', 'now a file');
  expect(await read('pipe')).toBe('now a file');
  await expect(write('dir', 'x')).rejects.toMatchObject({ kind: 'not-a-file' });
});

it('replaces a file with two names instead of writing through it', async () => {
  // A folder: a file system of its own shares no file with another.
  const folder = await openTrial(process.env, { without: ['mounts'] });
  await folder.sandbox.writeFile(folder.workspace, 'first', '');
  const outside = join(folder.home, 'hard');
  await writeFile(outside, 's3cret');
  await link(outside, join(folder.workspace, 'hard'));
  await folder.sandbox.writeFile(folder.workspace, 'hard', 'mine');
  expect(await readFile(outside, 'utf8')).toBe('s3cret');
  await folder.close();
});
