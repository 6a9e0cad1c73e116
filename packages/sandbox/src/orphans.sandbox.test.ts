import { eventually, nodeFromSource } from '@queueclaw/testing';
import { execa } from 'execa';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { processesWith } from './canaries/bait.js';
import { openTrial, type Trial } from './sandbox-fixture.js';

/** Lets everything else go on until so many milliseconds of the clock have passed: the moment is the test's subject. */
const untilMoment = async (ms: number): Promise<void> => {
  const end = performance.now() + ms;
  while (performance.now() < end) await new Promise<void>((resolve) => setImmediate(resolve));
};

const loop = (mark: string): string =>
  `setsid sh -c 'while :; do sleep 1; done' ${mark} & sh -c 'while :; do sleep 1; done' ${mark}`;

let trial: Trial;
beforeAll(async () => {
  trial = await openTrial(process.env);
  await trial.sandbox.report();
});
afterAll(() => trial.close());

it('leaves nothing behind, at whatever moment of its start a command is aborted', { timeout: 60_000 }, async () => {
  const mark = `sandbox-early-${process.pid}`;
  for (let moment = 0; moment < 24; moment += 1) {
    const stop = new AbortController();
    const running = trial.sh(loop(mark), { signal: stop.signal });
    await untilMoment(moment);
    stop.abort();
    expect((await running).reason).toBe('aborted');
    expect(await processesWith(mark)).toEqual([]);
  }
});

const runner = (home: string, command: string): string => `
  const { createSandbox } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
  const sandbox = createSandbox({ env: process.env, home: ${JSON.stringify(home)} });
  const workspace = await sandbox.workspace({ tenant: 'default', conversation: 'c' });
  await sandbox.report();
  console.log('ready');
  const signal = new AbortController().signal;
  await sandbox.exec(${JSON.stringify(command)}, { workspace, timeoutMs: 60000, outputBytesMax: 1000, signal });`;

it('leaves nothing behind when the runner is killed, early or late in a command', { timeout: 60_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'queueclaw-orphans-'));
  const mark = `sandbox-orphan-${process.pid}`;
  for (const moment of [0, 4, 8, 12, 20, 100]) {
    const child = execa(process.execPath, [...nodeFromSource, '--input-type=module', '-e', runner(home, loop(mark))], {
      reject: false,
      forceKillAfterDelay: false,
    });
    await once(child.stdout, 'data');
    await untilMoment(moment);
    child.kill('SIGKILL');
    await child;
    // The test's own child holds the mark in its command line too, and is gone.
    await eventually(async () => expect(await processesWith(mark)).toEqual([]));
  }
  await rm(home, { recursive: true, force: true });
});
