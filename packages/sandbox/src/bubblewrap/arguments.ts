import { lstatSync, readlinkSync } from 'node:fs';
import type { SandboxLimits } from '../limits.js';

/** Bounds that a process inside meets whatever is configured (getrlimit(2)). */
export const fixedLimits = {
  openFiles: 256,
  fileBytes: 64 * 1024 * 1024,
  cpuSeconds: 20,
  lockedBytes: 65_536,
} as const;

/** Twice what it may use: programs reserve more than they touch. */
export const dataBytesOf = ({ memoryBytes }: Pick<SandboxLimits, 'memoryBytes'>): number => 2 * memoryBytes;

const shmBytes = '16777216';
const tmpBytes = '67108864';
const smallBytes = '1048576';

const systemFolders = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
/** All that is visible of /etc: what the loader, `update-alternatives` and TLS libraries need. */
const etcParts = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/ssl/certs'];

/** The same links, or real folders, that the machine has at its root, for programs that name them. */
function systemFolder(name: string): readonly string[] {
  const path = `/${name}`;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isSymbolicLink() ? ['--symlink', readlinkSync(path).replace(/^\//, ''), path] : ['--ro-bind', path, path];
}

/** `prlimit` and its arguments; the program to run follows. */
export function prlimitArguments(limits: Pick<SandboxLimits, 'memoryBytes'>): readonly string[] {
  return [
    '--core=0',
    `--nofile=${fixedLimits.openFiles}`,
    `--fsize=${fixedLimits.fileBytes}`,
    `--cpu=${fixedLimits.cpuSeconds}`,
    `--memlock=${fixedLimits.lockedBytes}`,
    `--data=${dataBytesOf(limits)}`,
    '--msgqueue=0',
  ];
}

/** bwrap's arguments up to the workspace; the same for every call. */
export function fixedArguments(): readonly string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--hostname', 'sandbox', '--cap-drop', 'ALL', '--clearenv'],
    ...['--ro-bind', '/usr', '/usr', ...systemFolders.flatMap(systemFolder)],
    ...['--dir', '/etc', ...etcParts.flatMap((path) => ['--ro-bind-try', path, path])],
    ...['--proc', '/proc', '--dev', '/dev', '--size', shmBytes, '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--size', tmpBytes, '--tmpfs', '/tmp', '--size', smallBytes, '--tmpfs', '/run', '--size', smallBytes],
    ...['--tmpfs', '/var', '--setenv', 'PATH', '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'],
    ...['--setenv', 'HOME', '/workspace', '--setenv', 'TMPDIR', '/tmp', '--setenv', 'LANG', 'C.UTF-8'],
    ...['--seccomp', '3', '--json-status-fd', '4'],
  ];
}

/** A newline on the error stream, which the command itself does not get: see `prelude`. */
export const startMark = 0x0a;

/**
 * Returns when the first process inside is bound to the life of bubblewrap. It binds itself (PR_SET_PDEATHSIG) right before it
 * takes the rules on, while the command already runs beside it: once it has as many filters as we have, it is bound. A kernel
 * before 5.9 does not tell the number and is not waited for.
 */
const untilBound =
  'f() { v=; while read -r k v; do case $k in Seccomp_filters:) return;; esac; done </proc/$1/status; v=; }; ' +
  'f self; own=$v; until f 1; [ "$v" = "$own" ]; do :; done; ';

/**
 * Runs in front of the command. Waits until everything is bound to the runner's life, then writes the start mark, which fails
 * when the runner is gone, so that nothing starts for nobody and whatever starts ends with the runner; bounds the processes
 * (the option is `-u` in bash, `-p` in dash; counted per call, since the call has a user namespace of its own); and makes one
 * stream of the two, so that the order of writing is kept.
 */
const prelude = (processes: number | undefined): string => {
  const bound = processes === undefined ? '' : `ulimit -u ${processes} 2>/dev/null || ulimit -p ${processes}; `;
  return `${untilBound}echo >&2 || exit 1; ${bound}exec /bin/sh -c "$1" 2>&1`;
};

export type Call = {
  readonly command: string;
  readonly workspace: string;
  readonly readOnly: boolean;
  readonly processes: number | undefined;
};

/** bwrap's arguments from the workspace on. */
export function callArguments({ command, workspace, readOnly, processes }: Call): readonly string[] {
  return [
    ...[readOnly ? '--ro-bind' : '--bind', workspace, '/workspace', '--remount-ro', '/', '--chdir', '/workspace'],
    ...['--', '/bin/sh', '-c', prelude(processes), 'sh', command],
  ];
}

const join = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"';

/** A program that joins control groups; the line to run in them follows. Nothing when there are none. */
export function joinArguments(joins: readonly string[]): readonly string[] {
  return joins.length === 0 ? [] : ['/bin/sh', '-c', join, 'sh', ...joins, '--'];
}
