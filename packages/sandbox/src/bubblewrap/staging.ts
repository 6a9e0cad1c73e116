import { statSync } from 'node:fs';
import { sep } from 'node:path';
import type { Readable } from 'node:stream';
import { findSystemProgram } from './find.js';
import { isReachable } from './reach.js';

/**
 * A mount namespace of our own in which folders that only root can reach (a home below /root) stand where the sandbox's
 * user can reach them too, and in which workspaces are mounted. It lives in one waiting process that ends with us, however
 * we end, and its mounts with it.
 */
export type Staging = {
  /** Where a folder, or a path below it, is found inside; a path that is not staged is found where it is. */
  place(path: string): string;
  /** The namespace, for nsenter(1). */
  readonly namespace: string;
  /** An existing folder, inside, for more mounts. */
  readonly mounts: string;
  /** Where we find a path of the inside. */
  outside(path: string): string;
  /**
   * Runs a shell script as root inside; `$1` and so on are the arguments.
   * @throws Error with what it said, when it fails or takes longer than 30 s
   */
  run(script: string, args: readonly string[]): Promise<void>;
  readonly isOpen: boolean;
  close(): Promise<void>;
};

const path = '/usr/sbin:/usr/bin:/sbin:/bin';
const scriptMs = 30_000;

const script = `set -e
at=$1
shift
mount -t tmpfs -o mode=755,size=1m,nosuid,nodev none "$at"
number=0
for folder; do
  mkdir "$at/$number"
  mount --bind "$folder" "$at/$number"
  number=$((number + 1))
done
mkdir "$at/mounts"
echo ready
exec cat`;

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

/** An existing folder that hides nothing we need. */
function mountPoint(folders: readonly string[]): string | undefined {
  return ['/mnt', '/media', '/srv', '/opt', '/var/tmp', '/tmp'].find(
    (point) =>
      statSync(point, { throwIfNoEntry: false })?.isDirectory() === true &&
      isReachable(`${point}/0`) &&
      !folders.some((folder) => isBelow(folder, point) || isBelow(point, folder)),
  );
}

/**
 * Opens a staging of the folders; only root may.
 * @param kept folders that must stay visible where they are
 * @throws Error in words for the operator, when this machine does not allow it
 */
export async function openStaging(folders: readonly string[], kept: readonly string[]): Promise<Staging> {
  const unshare = findSystemProgram('unshare');
  const point = mountPoint([...folders, ...kept]);
  if (unshare === undefined) throw new Error('unshare (util-linux) is missing');
  if (point === undefined) throw new Error('no folder to stage the workspaces in');
  const { execa } = await import('execa');
  const child = execa(
    unshare,
    ['--mount', '--propagation', 'slave', '--', '/bin/sh', '-c', script, 'sh', point, ...folders],
    {
      cwd: '/',
      env: { PATH: path },
      ...{ extendEnv: false, detached: true, reject: false, cleanup: false, buffer: false },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let open = false;
  const ended = child.then(() => {
    open = false;
  });
  await ready(child.stdout, child.stderr, ended);
  open = true;
  return {
    place: (wanted) => {
      const number = folders.findIndex((folder) => isBelow(wanted, folder));
      const folder = folders[number];
      return folder === undefined ? wanted : `${point}/${number}${wanted.slice(folder.length)}`;
    },
    namespace: `/proc/${child.pid ?? 0}/ns/mnt`,
    mounts: `${point}/mounts`,
    outside: (inner) => `/proc/${child.pid ?? 0}/root${inner}`,
    run: async (inner, args) => {
      const line = [`--mount=/proc/${child.pid ?? 0}/ns/mnt`, '--', '/bin/sh', '-c', inner, 'sh', ...args];
      const { failed, all, shortMessage } = await execa(findSystemProgram('nsenter') ?? 'nsenter', line, {
        ...{ cwd: '/', env: { PATH: path }, extendEnv: false, reject: false, all: true, stdin: 'ignore' },
        ...{ timeout: scriptMs, maxBuffer: 4_096 },
      });
      if (failed) throw new Error((all || shortMessage || 'a mount failed').trim().slice(0, 500));
    },
    get isOpen(): boolean {
      return open;
    },
    close: async () => {
      child.stdin?.end();
      await ended;
    },
  };
}

async function ready(stdout: Readable, stderr: Readable, ended: Promise<void>): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('ready')) resolve();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, 1_000);
    });
    void ended.then(() => reject(new Error(`a mount namespace cannot be made: ${said.trim() || 'no reason given'}`)));
  });
}
