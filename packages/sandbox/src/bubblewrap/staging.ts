import { statSync } from 'node:fs';
import { sep } from 'node:path';
import type { Readable } from 'node:stream';
import { findSystemProgram } from './find.js';
import { isReachable } from './reach.js';

/**
 * A mount namespace of our own in which folders that only root can reach (a home below /root) stand where the sandbox's
 * user can reach them too. It lives in one waiting process that ends with us, however we end.
 */
export type Staging = {
  /** Where a folder, or a path below it, is found inside; a path that is not staged is found where it is. */
  place(path: string): string;
  /** The namespace, for nsenter(1). */
  readonly namespace: string;
  readonly isOpen: boolean;
  close(): Promise<void>;
};

const script = `set -e
at=$1
shift
mount -t tmpfs -o mode=755,size=64k,nosuid,nodev none "$at"
number=0
for folder; do
  mkdir "$at/$number"
  mount --bind "$folder" "$at/$number"
  number=$((number + 1))
done
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
 * @throws Error in words for the operator, when this machine does not allow it
 */
export async function openStaging(folders: readonly string[]): Promise<Staging> {
  const unshare = findSystemProgram('unshare');
  const point = mountPoint(folders);
  if (unshare === undefined) throw new Error('unshare (util-linux) is missing');
  if (point === undefined) throw new Error('no folder to stage the workspaces in');
  const { execa } = await import('execa');
  const child = execa(
    unshare,
    ['--mount', '--propagation', 'slave', '--', '/bin/sh', '-c', script, 'sh', point, ...folders],
    {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
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
    place: (path) => {
      const number = folders.findIndex((folder) => isBelow(path, folder));
      const folder = folders[number];
      return folder === undefined ? path : `${point}/${number}${path.slice(folder.length)}`;
    },
    namespace: `/proc/${child.pid ?? 0}/ns/mnt`,
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
