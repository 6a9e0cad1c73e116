import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { ExecResult } from './exec.js';
import { openTrial, type Trial } from './sandbox-fixture.js';

const mebibyte = 1024 * 1024;
const limits = {
  ...{ memoryBytes: 64 * mebibyte, processes: 40, cpus: 1 },
  ...{ workspaceBytes: 16 * mebibyte, workspaceFiles: 200 },
};
const trial: Trial = await openTrial(process.env, { limits, concurrency: 2 });
const report = await trial.sandbox.report();
afterAll(() => trial.close());

const other = await trial.sandbox.workspace({ tenant: 'default', conversation: 'other' });
const inOther = async (command: string): Promise<ExecResult> =>
  trial.sandbox.exec(command, {
    ...{ workspace: other, timeoutMs: 20_000, outputBytesMax: 10_000 },
    signal: new AbortController().signal,
  });
const hog = 'sh -c "(head -c 30000000 /dev/zero; sleep 1) | tail -c 30000000 >/dev/null"';

it('bounds everything where the runner is root on a machine that has control groups and loop devices', () => {
  const able = process.getuid?.() === 0 && existsSync('/dev/loop-control') && existsSync('/sys/fs/cgroup/memory');
  if (able) expect(report).toMatchObject({ resources: 'full', reasons: [] });
  else expect(report.reasons.length).toBeGreaterThan(0);
});

describe.runIf(report.resources === 'full')('a call as a whole', () => {
  it('may use as much memory as it may, in one process', async () => {
    const one = 'head -c 30000000 /dev/zero | tail -c 30000000 >/dev/null';
    expect(await trial.sh(`${one}; echo fits`)).toMatchObject({ reason: 'exit', output: 'fits\n', notes: [] });
  });

  it('is ended when several processes together use more, and it is said; the runner and the next call go on', async () => {
    const result = await trial.sh(`for n in 1 2 3 4; do ${hog} & done; wait; echo survived`);
    expect(result).toMatchObject({ reason: 'memory', exitCode: undefined });
    expect(result.notes).toEqual([expect.stringMatching(/^out of memory: .* 64 MiB$/)]);
    expect(await trial.sh('echo fine')).toMatchObject({ reason: 'exit', output: 'fine\n', notes: [] });
  });

  it('counts what it writes to /tmp and /dev/shm as memory', async () => {
    const fill =
      'head -c 60000000 /dev/zero >/tmp/x; head -c 16000000 /dev/zero >/dev/shm/x; head -c 9000000 /dev/zero >/tmp/y';
    expect(await trial.sh(fill)).toMatchObject({ reason: 'memory' });
  });

  it('has a fork bomb stopped and counted, and the next call has all its processes again', async () => {
    const bomb = await trial.sh('b() { b | b & }; b 2>/dev/null; sleep 1', { timeoutMs: 5_000 });
    expect(bomb.notes).toEqual([expect.stringMatching(/^[1-9]\d* times no process .* 40$/)]);
    const next = await trial.sh(
      'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1 & done; echo $n',
    );
    expect(next).toMatchObject({ reason: 'exit', output: '20\n', notes: [] });
  });

  it('leaves no process behind that left its session, at a deadline in the middle of a fork bomb', async () => {
    const result = await trial.sh('b() { setsid sh -c "sleep 9" & b; }; b 2>/dev/null', { timeoutMs: 400 });
    expect(['deadline', 'exit']).toContain(result.reason);
    expect(trial.sandbox.known?.containment).toBe('ok');
  });
});

describe.runIf(report.resources === 'full')('a workspace', () => {
  it('holds no more bytes than it may, while another conversation writes on', async () => {
    const filling = trial.sh('while :; do head -c 4000000 /dev/zero >>big || break; done 2>/dev/null; stat -c %s big');
    await trial.sandbox.writeFile(other, 'note', 'mine');
    expect((await inOther('echo more >>note && cat note')).exitCode).toBe(0);
    const bytes = Number((await filling).output);
    expect(bytes).toBeGreaterThan(10 * mebibyte);
    expect(bytes).toBeLessThan(limits.workspaceBytes);
    await expect(trial.sandbox.writeFile(trial.workspace, 'more', 'x'.repeat(100_000))).rejects.toMatchObject({
      kind: 'full',
    });
    await trial.sandbox.writeFile(other, 'note', 'x'.repeat(100_000));
    expect((await trial.sh('rm big; echo again >more; cat more')).output).toBe('again\n');
  });

  it('holds no more files than it may, folders and links counted, while another conversation makes some', async () => {
    const bomb = await trial.sh(
      'i=0; while [ $i -lt 2000 ]; do true >f$i && mkdir d$i && ln -s x l$i || break; i=$((i+1)); done 2>/dev/null; ls | wc -l',
    );
    expect(Number(bomb.output)).toBeGreaterThan(100);
    expect(Number(bomb.output)).toBeLessThan(300);
    await trial.sandbox.writeFile(other, 'one-more', '');
    expect((await trial.sh('rm -rf f* d* l*; true >again && ls')).output).toContain('again');
  });

  it('shows nothing of the file system it is on, and honours no device and no set-uid program in it', async () => {
    const { output } = await trial.sh('ls -A; grep " /workspace " /proc/self/mounts');
    expect(output).not.toContain('lost+found');
    expect(output).toMatch(/\/workspace ext4 \S*nosuid\S*nodev/);
  });
});
