import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bait } from './bait.js';

/** One attempt: what the command tries, and how its output (or the host) shows that it got out. */
export type Attempt = {
  readonly name: string;
  readonly script: (bait: Bait) => string;
  /** What got out, for the operator; undefined when nothing did. */
  readonly escape: (said: string, bait: Bait) => string | undefined;
};

/** The variables that a command may see: ours, and those that a shell sets by itself. */
const knownVariables = new Set(['PATH', 'HOME', 'TMPDIR', 'LANG', 'PWD', 'OLDPWD', 'SHLVL', '_']);

const value = (said: string, field: string): string | undefined =>
  new RegExp(`^${field}:\\s*(\\S+)`, 'm').exec(said)?.[1];

/** Where a command must not be able to leave anything. */
export const forbidden = (bait: Bait): readonly string[] =>
  [bait.folder, '/tmp', '/var/tmp', '/dev/shm', '/run'].map((folder) => join(folder, `.canary-${bait.token}`));

/** A system call made from a command, where perl is there to make it; numbers of x86_64 and aarch64. */
const systemCall = (x64: number, arm64: number, ...args: readonly (number | string)[]): string =>
  `perl -e 'exit(syscall(${[process.arch === 'arm64' ? arm64 : x64, ...args].join(', ')}) < 0 ? 1 : 0)'`;

const tried = (command: string): string => `(${command}) >/dev/null 2>&1 && echo ESCAPED`;
const whenEscaped =
  (detail: string) =>
  (said: string): string | undefined =>
    said.includes('ESCAPED') ? detail : undefined;

/** Attempts of the containment class. They need `sh` and coreutils; some try more when util-linux, perl or bash are there. */
export const attempts: readonly Attempt[] = [
  {
    name: 'environment',
    script: () => 'env; cat /proc/[0-9]*/environ | tr "\\0" "\\n"',
    escape: (said) => {
      const names = [...said.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)=/gm)].map(([, name = '']) => name);
      const foreign = [...new Set(names)].filter((name) => !knownVariables.has(name) && name !== 'LD_LIBRARY_PATH');
      return foreign.length === 0 ? undefined : `the command sees the variables ${foreign.slice(0, 5).join(', ')}`;
    },
  },
  {
    name: 'files',
    script: (bait) => `cat '${bait.folder}/secret' /proc/[0-9]*/root'${bait.folder}/secret'`,
    escape: (said, bait) => (said.includes(bait.token) ? 'the command read a file of the host' : undefined),
  },
  {
    name: 'folders',
    script: () => 'ls -d /home /root /boot /srv /mnt /etc/passwd /etc/hostname /sys/kernel',
    escape: (said) => (/^\//m.test(said) ? `the command sees ${said.trim().split('\n').join(', ')}` : undefined),
  },
  {
    name: 'writes',
    script: (bait) =>
      `${forbidden(bait)
        .map((path) => `: >'${path}'`)
        .join('; ')}; test -w /usr && echo ESCAPED`,
    escape: (said, bait) => {
      const found = forbidden(bait).filter((path) => existsSync(path));
      if (said.includes('ESCAPED')) found.push('/usr');
      return found.length === 0 ? undefined : `the command wrote to ${found.join(', ')}`;
    },
  },
  {
    name: 'network',
    script: (bait) =>
      [
        `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${bait.port}'`,
        'cat /proc/net/tcp /proc/net/unix',
        "sed '1d;s/^/route /' /proc/net/route",
      ].join('; '),
    escape: (said, bait) => {
      if (bait.connections() > 0) return 'the command connected to a listener of the host';
      const port = bait.port.toString(16).toUpperCase().padStart(4, '0');
      if (said.includes(`0100007F:${port}`) || said.includes(bait.socketName))
        return "the command sees the host's sockets";
      return /^route /m.test(said) ? 'the command has a network route' : undefined;
    },
  },
  {
    name: 'namespaces',
    script: () => 'readlink /proc/self/ns/*',
    escape: (said, { namespaces }) => {
      if (!said.includes('mnt:[')) return 'the namespaces cannot be read';
      const shared = namespaces.filter((namespace) => said.includes(namespace));
      return shared.length === 0
        ? undefined
        : `the command shares ${shared.map((one) => one.split(':')[0]).join(', ')} with the host`;
    },
  },
  {
    name: 'processes',
    script: () => `tr '\\0' ' ' </proc/${process.pid}/cmdline`,
    escape: (said, { commandLine }) =>
      said.includes(commandLine) ? "the command sees the runner's process" : undefined,
  },
  {
    name: 'privileges',
    script: () => 'cat /proc/self/status',
    escape: (said) => {
      const wrong = [
        ['NoNewPrivs', '1'],
        ['Seccomp', '2'],
        ['CapEff', '0000000000000000'],
        ['CapPrm', '0000000000000000'],
        ['CapBnd', '0000000000000000'],
      ].filter(([field = '', expected]) => value(said, field) !== expected);
      return wrong.length === 0
        ? undefined
        : `${wrong.map(([field]) => field).join(', ')} of the command is not as it must be`;
    },
  },
  {
    name: 'new namespaces',
    script: () =>
      [tried('unshare -U true'), tried('unshare -m true'), tried(systemCall(272, 97, 0x10000000))].join('; '),
    escape: whenEscaped('the command made a namespace'),
  },
  {
    name: 'mounts',
    script: () => `${tried('mount -t tmpfs none "$PWD" && umount "$PWD"')}; ${tried('mount -o remount,rw,bind /usr')}`,
    escape: whenEscaped('the command mounted a file system'),
  },
  {
    name: 'system calls',
    script: () =>
      [
        // ptrace(PTRACE_TRACEME), keyctl(KEYCTL_GET_KEYRING_ID, session), socket(AF_VSOCK), socket(AF_NETLINK)
        tried(systemCall(101, 117, 0, 0, 0, 0)),
        tried(systemCall(250, 219, 0, -3, 0)),
        tried(systemCall(41, 198, 40, 1, 0)),
        tried(systemCall(41, 198, 16, 3, 0)),
      ].join('; '),
    escape: whenEscaped('the command made a system call that the rules refuse'),
  },
  {
    name: 'descriptors',
    script: () => 'ls -l /proc/self/fd',
    escape: (said) => {
      const links = [...said.matchAll(/ (\d+) -> (.*)$/gm)].map(([, number, target = '']) => ({
        number: Number(number),
        target,
      }));
      if (links.length === 0) return 'the descriptors cannot be read';
      // `ls` itself has its folder open.
      const odd = links.find(({ number, target }) => {
        if (number <= 2) return !/^(pipe|socket):|^\/dev\/null$/.test(target);
        return !/^\/proc\/\d+\/fd$|^\/dev\/null$/.test(target);
      });
      return odd && `the command holds descriptor ${odd.number} (${odd.target.replace(/[^ -~]/g, '').slice(0, 60)})`;
    },
  },
];
