import type { Staging } from '../bubblewrap/staging.js';
import type { SandboxLimits } from '../limits.js';
import type { Owner } from './place.js';

export type ImageLimits = Pick<SandboxLimits, 'workspaceBytes' | 'workspaceFiles'>;

/** mkfs refuses more names than there is room for. */
const bytesPerFileLeast = 4_096;
const largeBytes = 512 * 1024 * 1024;

/** Sparse, and nothing in it is written before it is needed: an empty one takes less than half a mebibyte. */
const make = `set -e
truncate -s "$3" "$2"
mkfs.ext4 -q -F -m 0 -N "$4" -b "$5" -J size="$6" -O ^resize_inode \
  -E lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner="$7" "$2"
mv -n -- "$2" "$1"`;

/**
 * Two runners of one machine that share a home get the same loop device, hence the same file system. The check repairs what
 * a power cut left; a file system that is in use is not checked.
 */
const mount = `set -e
mkdir "$2"
exec 9<"$1"
flock 9
tries=0
until
  device=$(losetup -n -O NAME -j "$1" | head -n 1)
  if [ -n "$device" ]; then
    mount -t ext4 -o "$3" "$device" "$2"
  else
    e2fsck -p "$1" >/dev/null || [ $? -le 1 ] || e2fsck -fy "$1" >/dev/null || [ $? -le 1 ]
    mount -t ext4 -o "loop,$3" "$1" "$2"
  fi
do
  tries=$((tries + 1))
  if [ $tries -ge 5 ]; then rmdir "$2"; exit 1; fi
  sleep 0.1
done
rmdir "$2/lost+found" 2>/dev/null || true`;

const unmount = `for at; do
  umount "$at" 2>/dev/null || umount -l "$at"
  rmdir "$at"
done`;

const options = 'nodev,nosuid,noatime,discard,noinit_itable,errors=remount-ro';

/**
 * Makes a file system in a file: at most so many bytes, about so many names.
 * @param draft a name beside the image; what stands there when this fails is of no use
 * @throws Error in words for the operator
 */
export async function makeImage(
  staging: Staging,
  image: string,
  draft: string,
  { workspaceBytes, workspaceFiles }: ImageLimits,
  owner: Owner,
): Promise<void> {
  const files = Math.min(workspaceFiles, Math.floor(workspaceBytes / bytesPerFileLeast));
  const [block, journal] = workspaceBytes < largeBytes ? [1024, 1] : [4096, 4];
  const own = owner === undefined ? '0:0' : `${owner.uid}:${owner.gid}`;
  const numbers = [Math.floor(workspaceBytes), files, block, journal].map(String);
  await staging.run(make, [image, draft, ...numbers, own]);
}

/** Mounts an image at a new folder inside the staging. @throws Error in words for the operator */
export async function mountImage(staging: Staging, image: string, at: string): Promise<void> {
  await staging.run(mount, [image, at, options]);
}

/** Takes them off again; whoever is still in one keeps it until they leave. */
export async function unmountImages(staging: Staging, at: readonly string[]): Promise<void> {
  await staging.run(unmount, at);
}
