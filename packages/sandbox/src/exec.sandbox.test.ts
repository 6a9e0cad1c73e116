import { eventually } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { processesWith } from './canaries/bait.js';
import { openTrial, type Trial } from './sandbox-fixture.js';

let trial: Trial;

beforeAll(async () => {
  trial = await openTrial(process.env);
});
afterAll(() => trial.close());

it('keeps the order of what a command writes to its two streams, and its exit code', async () => {
  const result = await trial.sh('echo 1; echo 2 >&2; echo 3; exit 7');
  expect(result).toMatchObject({ reason: 'exit', exitCode: 7, output: '1\n2\n3\n', truncated: false });
});

it('gives a command its input, and an empty one when there is none', async () => {
  expect((await trial.sh('cat', { stdin: 'grüße 你好 👋\n' })).output).toBe('grüße 你好 👋\n');
  expect((await trial.sh('cat; echo end')).output).toBe('end\n');
});

it('takes a command as it is: quotes, newlines, unicode and here-documents', async () => {
  const { output } = await trial.sh(`cat <<'E'\n$HOME "x" 'y' \\ 你\nE\necho "it's"; # done`);
  expect(output).toBe(`$HOME "x" 'y' \\ 你\nit's\n`);
});

it('refuses a NUL as what it is: arguments that no command can have', async () => {
  await expect(trial.sh('echo a\0b')).rejects.toMatchObject({ code: 'tool.arguments' });
});

it('reports an error of syntax as output', async () => {
  const result = await trial.sh('if then');
  expect(result.reason).toBe('exit');
  expect(result.output).toMatch(/syntax error/i);
});

it('keeps the head of a flood and ends it', async () => {
  const result = await trial.sh('yes 0123456789', { outputBytesMax: 100_000 });
  expect(result).toMatchObject({ reason: 'overflow', truncated: true });
  expect(result.output.length).toBe(100_000);
});

it('ends a command at its deadline with everything it started', async () => {
  const mark = `sandbox-deadline-${process.pid}`;
  const loop = `sh -c 'while :; do sleep 1; done' ${mark}`;
  const result = await trial.sh(`setsid ${loop} & nohup ${loop} & ${loop}`, { timeoutMs: 500 });
  expect(result.reason).toBe('deadline');
  expect(result.ms).toBeLessThan(3_000);
  expect(await processesWith(mark)).toEqual([]);
});

it('does not wait for a daemon that holds its output, and leaves none behind', async () => {
  const mark = `sandbox-daemon-${process.pid}`;
  const result = await trial.sh(
    `setsid sh -c 'trap "" HUP TERM; while :; do sleep 1; done' ${mark} & sleep 0.1; echo done`,
  );
  expect(result).toMatchObject({ reason: 'exit', exitCode: 0, output: 'done\n' });
  expect(result.ms).toBeLessThan(5_000);
  expect(await processesWith(mark)).toEqual([]);
});

it('ends a command that is aborted, before it starts or while it runs', async () => {
  const stop = new AbortController();
  const mark = `sandbox-abort-${process.pid}`;
  const running = trial.sh(`sh -c 'while :; do sleep 1; done' ${mark}`, { signal: stop.signal });
  await eventually(async () => expect((await processesWith(mark)).length).toBeGreaterThan(0));
  stop.abort();
  expect((await running).reason).toBe('aborted');
  expect(await processesWith(mark)).toEqual([]);
  expect((await trial.sh('echo never', { signal: stop.signal })).reason).toBe('aborted');
});

it('bounds a fork bomb and stays usable', async () => {
  const bomb = await trial.sh('b() { b | b & }; b; sleep 2; echo over', { timeoutMs: 4_000 });
  expect(['exit', 'deadline', 'overflow']).toContain(bomb.reason);
  const count = await trial.sh(
    `i=0; while [ $i -lt 400 ]; do sleep 5 & i=$((i+1)); done 2>/dev/null; ls -d /proc/[0-9]* | wc -l`,
  );
  expect(Number(count.output.trim() || 0)).toBeLessThanOrEqual(140);
  expect((await trial.sh('echo fine')).output).toBe('fine\n');
});

it('bounds memory, files and descriptors of a process', async () => {
  const { output } = await trial.sh(
    `perl -e 'my $x = "x" x 3e9; print "much"' 2>&1; head -c 200000000 /dev/zero >big; stat -c %s big; head -c 200000000 /dev/zero >/tmp/big; stat -c %s /tmp/big; rm big`,
  );
  expect(output).not.toContain('much');
  const sizes = [...output.matchAll(/^(\d+)$/gm)].map(([, size]) => Number(size));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(64 * 1024 * 1024);
});

it('runs no more commands at once than it may', async () => {
  const narrow = await openTrial(process.env, { concurrency: 1 });
  await narrow.sandbox.report();
  const script = 'mkdir lock && echo alone; sleep 0.1; rmdir lock';
  const results = await Promise.all([1, 2, 3].map(() => narrow.sh(script)));
  await narrow.close();
  expect(results.map(({ output }) => output)).toEqual(['alone\n', 'alone\n', 'alone\n']);
});
