import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTrial, type Trial } from './sandbox-fixture.js';

let trial: Trial;
const secret = `s3cret-${process.pid}`;

beforeAll(async () => {
  trial = await openTrial({ ...process.env, QUEUECLAW_TEST_SECRET: secret });
});
afterAll(() => trial.close());

it('holds on this machine: every canary was tried and none got through', async () => {
  const report = await trial.sandbox.report();
  expect(report.canaries.filter(({ escaped }) => escaped)).toEqual([]);
  expect(report).toMatchObject({ provider: 'bubblewrap', containment: 'ok' });
  expect(report.canaries.length).toBeGreaterThan(12);
});

it('shows a command four variables of ours and none of the host', async () => {
  const { output } = await trial.sh('env | sort; cat /proc/*/environ');
  expect(output).not.toContain(secret);
  expect(output).toMatch(/^HOME=\/workspace\nLANG=C\.UTF-8\n/);
});

it('shows no file of the host besides its programs', async () => {
  const outside = join(trial.home, 'outside');
  await writeFile(outside, secret, { mode: 0o644 });
  const { output } = await trial.sh(
    `cat '${outside}'; ls -A /; cat /etc/passwd /etc/shadow /root/.ssh/* /proc/1/root/etc/passwd`,
  );
  expect(output).not.toContain(secret);
  expect(output).not.toContain('root:');
  expect(output.match(/^(home|root|boot|sys|opt|srv|mnt|media)$/m)).toBeNull();
});

it('writes to its workspace and to temporary folders of its own, and nowhere else', async () => {
  const { output } = await trial.sh(
    'for d in / /usr /usr/bin /etc /dev /proc /proc/sys/kernel /workspace /tmp; do (: >$d/x) 2>/dev/null && echo "$d"; done',
  );
  expect(output.trim().split('\n')).toEqual(['/workspace', '/tmp']);
  expect((await trial.sh('cat /tmp/x; cat x && echo kept')).output).toMatch(/No such file[\s\S]*kept/);
});

it('reaches no network, not even the loopback of the host', async () => {
  let connections = 0;
  const server = createServer(() => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { output } = await trial.sh(
    `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => "127.0.0.1:${port}", Timeout => 2) ? "in" : "out"'`,
  );
  server.close();
  expect(output).toBe('out');
  expect(connections).toBe(0);
});

it('sees its own processes only, and may send signals to no other', async () => {
  const { output } = await trial.sh(`ls -d /proc/[0-9]* | wc -l; kill -9 ${process.pid} || echo refused`);
  expect(Number(output.split('\n')[0])).toBeLessThan(10);
  expect(output).toContain('refused');
});

it('cannot put characters into the terminal of the runner', async () => {
  const { output } = await trial.sh(
    `perl -e 'open(T, "+<", "/dev/ptmx") or print "no terminal "; my $c = "x"; print ioctl(T, 0x5412, $c) ? "in" : "refused: $!"'`,
  );
  expect(output).toBe('refused: Operation not permitted');
});

it('makes no namespace, mounts nothing, traces nobody and opens no strange socket', async () => {
  const { output } = await trial.sh(
    `unshare -U id; unshare -r id; mount -t tmpfs x /tmp; chroot . /bin/sh;
     perl -e 'print syscall(101, 16, 1, 0, 0) == 0 ? "traced" : "no trace"; print socket(S, 16, 3, 0) ? "netlink" : "no netlink";'`,
  );
  expect(output).not.toMatch(/uid=|traced/);
  expect(output).toContain('no traceno netlink');
});

it('has set-uid programs that give nothing', async () => {
  const { output } = await trial.sh('grep NoNewPrivs /proc/self/status; (su -c id; sudo -n id) 2>&1');
  expect(output).toContain('NoNewPrivs:\t1');
  expect(output).not.toContain('uid=0');
});

it('keeps one conversation from the files of another', async () => {
  const other = await trial.sandbox.workspace({ tenant: 'default', conversation: '...' });
  await trial.sandbox.writeFile(other, 'note', secret);
  const { output } = await trial.sh(
    `cat '${other}/note' ../c-.../note /workspace/../*/note; find /workspace /tmp /run /var -name note`,
  );
  expect(output).not.toContain(secret);
  expect(other.endsWith('/workspaces/default/c-...')).toBe(true);
});
