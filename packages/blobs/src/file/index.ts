import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, opendir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobKey } from '../blob-key.js';
import type { Store } from '../contract.js';

const isBlob = /^[0-9a-f]{64}$/;
/** On its way out: `.gone-<random>-<sha256>`. */
const isGone = /^\.gone-[0-9a-f]{16}-([0-9a-f]{64})$/;

const missing = (error: unknown): undefined => {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
  throw error;
};

/** Makes a folder's entries durable. */
async function sync(folder: string): Promise<void> {
  await using held = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await held.sync();
}

/** Blobs as files `<root>/<tenant>/<first two digits>/<sha256>`, 0600 in folders of 0700. The time of last reference is the file's. */
export function openFileStore(root: string): Store {
  const pathOf = ({ tenant, sha256 }: BlobKey): string => join(root, tenant, sha256.slice(0, 2), sha256);

  return {
    keep: async (key, file) => {
      const path = pathOf(key);
      const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(file.path, path);
      await sync(dirname(path));
      if (made === undefined) return;
      for (let folder = dirname(dirname(path)); folder.startsWith(root); folder = dirname(folder)) await sync(folder);
    },
    read: async (key, bytesMax) => {
      const file = await open(pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW).catch(missing);
      if (file === undefined) return undefined;
      const { size } = await file.stat();
      const end = Math.min(size, bytesMax ?? size) - 1;
      // A stream has no notation for no bytes at all: it ends at once after one that is not there.
      return { size, stream: file.createReadStream({ start: 0, end: Math.max(end, 0), autoClose: true }) };
    },
    touch: async (key) => {
      const now = new Date();
      return utimes(pathOf(key), now, now).then(
        () => true,
        (error: unknown) => missing(error) ?? false,
      );
    },
    remove: (key) => unlink(pathOf(key)).catch(missing),
    sweep: async (before) => {
      let removed = 0;
      for await (const folder of foldersIn(root)) {
        for await (const name of namesIn(folder)) if (await retire(folder, name, before)) removed += 1;
      }
      return removed;
    },
    sizes: async function* (tenant) {
      for await (const first of namesIn(join(root, tenant)))
        for await (const name of namesIn(join(root, tenant, first))) {
          const known = isBlob.test(name) ? await stat(join(root, tenant, first, name)).catch(missing) : undefined;
          if (known !== undefined) yield known.size;
        }
    },
    close: () => undefined,
  };
}

async function* namesIn(folder: string): AsyncIterable<string> {
  const entries = await opendir(folder).catch(missing);
  if (entries !== undefined) for await (const { name } of entries) yield name;
}

async function* foldersIn(root: string): AsyncIterable<string> {
  for await (const tenant of namesIn(root))
    if (!tenant.startsWith('.')) for await (const first of namesIn(join(root, tenant))) yield join(root, tenant, first);
}

/**
 * Removes a blob that is old enough. It is taken aside first and looked at again: somebody may have referred to it, or
 * stored it anew, in between. What a crash left aside is found by the next sweep.
 */
async function retire(folder: string, name: string, before: number): Promise<boolean> {
  const aside = isGone.exec(name);
  const sha256 = aside?.[1] ?? name;
  if (!isBlob.test(sha256)) return false;
  const isOld = async (path: string): Promise<boolean | undefined> => {
    const known = await stat(path).catch(missing);
    return known && known.mtimeMs < before;
  };
  let path = join(folder, name);
  if (aside === null) {
    if ((await isOld(path)) !== true) return false;
    const gone = join(folder, `.gone-${randomBytes(8).toString('hex')}-${name}`);
    if ((await rename(path, gone).then(() => true, missing)) === undefined) return false;
    path = gone;
  }
  const old = await isOld(path);
  // Where it was, there may be a newer one with the same bytes by now.
  if (old === false) await link(path, join(folder, sha256)).catch(() => undefined);
  await unlink(path).catch(missing);
  return old === true;
}
