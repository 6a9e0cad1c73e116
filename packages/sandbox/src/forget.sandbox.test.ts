import { eventually } from '@queueclaw/testing';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownerToken } from './owner-token.js';
import { openTrial, type Trial } from './sandbox-fixture.js';

const address = { tenant: 'default', conversation: 'a.b~c' };
const hour = 3_600_000;

describe.each([
  ['with a file system of its own, where this machine can', []],
  ['that is a folder', ['mounts' as const]],
])('a workspace %s', (_name, without) => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await openTrial(process.env, { without });
  });
  afterAll(() => trial.close());
  const names = (): Promise<string[]> => readdir(join(trial.home, 'workspaces', 'default'));
  const note = async (workspace = trial.workspace): Promise<string> =>
    trial.sandbox.readFile(workspace, 'note', { bytesMax: 100 }).then(
      ({ bytes }) => Buffer.from(bytes).toString('utf8'),
      () => 'none',
    );

  it('is gone when it is forgotten, and the next use finds a new one', async () => {
    await trial.sandbox.writeFile(trial.workspace, 'note', 'old');
    expect(await trial.sandbox.forget(address)).toBe(true);
    expect(await names()).toEqual([]);
    expect(await trial.sandbox.forget(address)).toBe(false);
    expect(await note()).toBe('none');
    expect(await trial.sandbox.forget({ ...address, conversation: 'never' })).toBe(false);
    await expect(trial.sandbox.forget({ ...address, conversation: '../x' })).rejects.toMatchObject({
      code: 'conversation.invalid',
    });
  });

  it('is removed when the command in it has ended; who comes meanwhile finds a new one', async () => {
    const stop = new AbortController();
    await trial.sandbox.writeFile(trial.workspace, 'note', 'old');
    const running = trial.sh('echo begun >begun; sleep 20; echo late >note', { signal: stop.signal });
    await eventually(() => trial.sandbox.readFile(trial.workspace, 'begun', { bytesMax: 10 }));
    const forgetting = trial.sandbox.forget(address);
    const next = note();
    stop.abort();
    expect(await forgetting).toBe(true);
    expect((await running).reason).toBe('aborted');
    expect(await next).toBe('none');
  });

  it('takes nothing along that a link in it leads to, and is removed however deep it is', async () => {
    const outside = join(trial.home, 'outside');
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'secret'), 's3cret');
    const { exitCode } = await trial.sh(
      `ln -s '${outside}' link; i=0; while [ $i -lt 40 ]; do n=$(printf %0200d 0); mkdir $n && cd -P $n || exit 1; i=$((i+1)); done; chmod 0 .`,
    );
    expect(exitCode).toBe(0);
    expect(await trial.sandbox.forget(address)).toBe(true);
    expect(await names()).toEqual([]);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('s3cret');
  });

  it('is swept when nobody used it for as long as was said, unless somebody is in it', async () => {
    const old = await trial.sandbox.workspace({ tenant: 'default', conversation: 'old' });
    await trial.sandbox.writeFile(old, 'note', 'old');
    await trial.sandbox.writeFile(trial.workspace, 'note', 'kept');
    expect(await trial.sandbox.sweep(hour, Date.now() + hour / 2)).toBe(0);
    const stop = new AbortController();
    const running = trial.sh('echo begun >begun; sleep 20', { signal: stop.signal });
    await eventually(() => trial.sandbox.readFile(trial.workspace, 'begun', { bytesMax: 10 }));
    expect(await trial.sandbox.sweep(hour, Date.now() + 2 * hour)).toBe(1);
    stop.abort();
    await running;
    expect([await note(), await note(old)]).toEqual(['kept', 'none']);
  });

  it('cannot be made to look used by a command that sets its times', async () => {
    await trial.sh('touch -d 2100-01-01 . note');
    expect(await trial.sandbox.sweep(hour, Date.now() + 2 * hour)).toBeGreaterThan(0);
    expect(await names()).toEqual([]);
  });

  it('is not mistaken for what a killed runner left half-made, which is removed, after a day that of another machine', async () => {
    const folder = join(trial.home, 'workspaces', 'default');
    const [namespace] = ownerToken().split('-');
    await trial.sandbox.writeFile(trial.workspace, 'note', 'kept');
    await mkdir(join(folder, `d-${namespace}-4194303-1-abc`, 'part'), { recursive: true });
    await mkdir(join(folder, 'd-1-4194303-1-of-another-namespace'));
    await writeFile(join(folder, 'c'), '');
    await trial.sandbox.sweep(hour);
    const others = async (): Promise<string[]> => (await names()).filter((name) => !/^[ci]-a\.b~c$/.test(name)).sort();
    expect(await others()).toEqual(['c', 'd-1-4194303-1-of-another-namespace']);
    await trial.sandbox.sweep(100 * hour, Date.now() + 25 * hour);
    expect(await others()).toEqual(['c']);
    expect(await note()).toBe('kept');
  });
});
