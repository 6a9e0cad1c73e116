import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { run } from './run.mjs';

const script = new URL('./run.mjs', import.meta.url).href;

/** A stand-in for npm start: runs a program that counts its signals and ends a moment after the first one. */
function starter(program: string): { pid: number; lines: AsyncIterator<string>; ended: Promise<unknown[]> } {
  const main = `const { runInFront } = await import(${JSON.stringify(script)});
    process.exitCode = await runInFront(process.execPath, ['-e', ${JSON.stringify(program)}]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', main], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  return { pid: child.pid ?? 0, lines, ended: once(child, 'exit') };
}

const counting = `let seen = 0;
  process.on('SIGINT', () => { seen += 1; if (seen === 1) setTimeout(() => { console.log('seen ' + seen); process.exit(7); }, 300); });
  setInterval(() => undefined, 1000);
  console.log('up');`;

test('a Ctrl-C that arrives twice reaches the program once, and its exit code is ours', async () => {
  const { pid, lines, ended } = starter(counting);
  expect((await lines.next()).value).toBe('up\n');
  process.kill(pid, 'SIGINT');
  process.kill(pid, 'SIGINT');
  expect((await lines.next()).value).toBe('seen 1\n');
  expect(await ended).toEqual([7, null]);
});

test('the program learns that its starter was killed', async () => {
  const program = "process.on('disconnect', () => { console.log('alone'); process.exit(); }); console.log('up');";
  const { pid, lines } = starter(program);
  expect((await lines.next()).value).toBe('up\n');
  process.kill(pid, 'SIGKILL');
  expect((await lines.next()).value).toBe('alone\n');
});

test('says what a failing program printed last', async () => {
  await expect(run('sh', ['-c', 'echo hopeless >&2; exit 3'])).rejects.toThrow(/failed \(3\):\nhopeless/);
});

test('says that a program is missing', async () => {
  await expect(run('queueclaw-no-such-program', [])).rejects.toThrow('cannot start queueclaw-no-such-program');
});
