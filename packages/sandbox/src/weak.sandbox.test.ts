import { readdir } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import type { Provider } from './provider.js';
import { openTrial, type Trial } from './sandbox-fixture.js';

let trial: Trial | undefined;
afterEach(() => trial?.close());

/** No sandbox at all, as a control: what the canaries are worth is that they find this. */
const bareShell = (reason?: string): Provider => ({
  name: 'none',
  open: () => (reason === undefined ? Promise.resolve() : Promise.reject(new Error(reason))),
  launch: (command, { workspace }) => ({
    file: '/bin/sh',
    args: ['-c', `exec /bin/sh -c "$1" 2>&1`, 'sh', command],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', QUEUECLAW_MAIL_KEY: 'x' },
    cwd: workspace,
    reportsStatus: false,
  }),
  close: () => Promise.resolve(),
});

it('finds every way out of a bare shell, refuses its commands and says why', async () => {
  trial = await openTrial(process.env, { provider: bareShell() });
  const report = await trial.sandbox.report();
  expect(report.containment).toBe('failed');
  const through = report.canaries.filter(({ escaped }) => escaped).map(({ name }) => name);
  const certain = ['environment', 'files', 'folders', 'writes', 'network', 'namespaces', 'processes', 'privileges'];
  const more = ['system calls', 'process limits', 'survivors of an exit', 'survivors of a deadline'];
  for (const name of [...certain, ...more]) expect(through).toContain(name);
  expect(report.reasons.join()).toMatch(/environment: the command sees the variables \w+/);
  await expect(trial.sh('echo hi')).rejects.toMatchObject({ code: 'sandbox.unavailable' });
});

it('leaves nothing of its attempts on the host', async () => {
  trial = await openTrial(process.env, { provider: bareShell() });
  await trial.sandbox.report();
  const left = [
    ...(await readdir('/tmp')),
    ...(await readdir('/dev/shm')),
    ...(await readdir(`${trial.home}/workspaces`)),
  ];
  expect(left.filter((name) => name.startsWith('.canary-'))).toEqual([]);
});

it('is unavailable, with the reason, where the provider cannot be opened', async () => {
  trial = await openTrial(process.env, { provider: bareShell('user namespaces are off') });
  const report = await trial.sandbox.report();
  expect(report).toMatchObject({ provider: 'none', containment: 'unavailable', resources: 'limited' });
  expect(report.reasons[0]).toBe('user namespaces are off');
  await expect(trial.sh('echo hi')).rejects.toMatchObject({ code: 'sandbox.unavailable' });
});

it('is unavailable where bubblewrap is a program that does something else', async () => {
  trial = await openTrial({ QUEUECLAW_BWRAP: '/bin/false' });
  expect(await trial.sandbox.report()).toMatchObject({ containment: 'unavailable' });
});
