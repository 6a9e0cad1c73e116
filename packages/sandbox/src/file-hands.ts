import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { FileProblem, problemOf } from './file-problem.js';
import { openFolder } from './open-folder.js';
import type { Owner } from './workspaces/place.js';

/** A file's head and its whole size. */
export type FileContent = {
  readonly bytes: Uint8Array;
  /** The whole file, in bytes. */
  readonly size: number;
  readonly truncated: boolean;
};

/**
 * Splits a path that a model wrote (relative, or absolute below /workspace) into names.
 * @throws FileProblem when it leads elsewhere or is no path
 */
export function pathNames(path: string): readonly string[] {
  const inside = path.replace(/^\/workspace(?=\/|$)/, '');
  if (inside.startsWith('/') && inside === path) throw new FileProblem('outside');
  const names = inside.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new FileProblem('outside');
  if (path.includes('\0') || names.some((name) => Buffer.byteLength(name) > 255) || names.length > 64)
    throw new FileProblem('name');
  return names;
}

/**
 * Reads the head of a regular file of a workspace. Every name on the way is opened from the folder held before it and
 * links are not followed, so that nothing a command does at the same time leads outside.
 * @throws FileProblem
 */
export async function readFileIn(workspace: string, path: string, bytesMax: number): Promise<FileContent> {
  const names = pathNames(path);
  return problemOf(async () => {
    await using folder = await openFolder(workspace, names.slice(0, -1));
    const name = names.at(-1);
    if (name === undefined) throw new FileProblem('not-a-file');
    // O_NONBLOCK: a pipe that a command made must not hold us.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await using file = await open(folder.at(name), flags);
    const stat = await file.stat();
    if (!stat.isFile()) throw new FileProblem('not-a-file');
    const bytes = await readHead(file, Math.min(bytesMax, stat.size));
    return { bytes, size: stat.size, truncated: stat.size > bytes.length };
  });
}

/** A regular file that is held open: its size when it was opened, and its bytes, a piece at a time. */
export type HeldFile = { readonly size: number; readonly bytes: AsyncIterable<Uint8Array> };

/**
 * Reads a regular file of a workspace a piece at a time, under the rules of `readFileIn`, for as long as `work` takes.
 * @throws FileProblem; whatever `work` fails with
 */
export async function useFileIn<T>(workspace: string, path: string, work: (file: HeldFile) => Promise<T>): Promise<T> {
  const names = pathNames(path);
  await using file = await problemOf(async () => {
    await using folder = await openFolder(workspace, names.slice(0, -1));
    const name = names.at(-1);
    if (name === undefined) throw new FileProblem('not-a-file');
    return await open(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  });
  const stat = await file.stat();
  if (!stat.isFile()) throw new FileProblem('not-a-file');
  return await work({ size: stat.size, bytes: file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer> });
}

/**
 * Writes a whole file of a workspace, making the folders above it. A reader sees the old text or the new one; a link in
 * its place is replaced, not followed; an existing file keeps its rights.
 * @throws FileProblem
 */
export async function writeFileIn(workspace: string, path: string, text: string, owner: Owner): Promise<void> {
  const names = pathNames(path);
  await problemOf(async () => {
    const own = (made: FileHandle): Promise<void> | undefined => owner && made.chown(owner.uid, owner.gid);
    await using folder = await openFolder(workspace, names.slice(0, -1), own);
    const name = names.at(-1);
    if (name === undefined) throw new FileProblem('not-a-file');
    const mode = await modeOf(folder.at(name));
    const draft = folder.at(`.queueclaw-${randomBytes(8).toString('hex')}`);
    try {
      await writeNew(draft, Buffer.from(text), mode, owner);
      await rename(draft, folder.at(name));
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
  });
}

async function writeNew(path: string, bytes: Uint8Array, mode: number, owner: Owner): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  await using file = await open(path, flags, 0o600);
  await file.writeFile(bytes);
  if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  await file.chmod(mode);
}

async function modeOf(path: string): Promise<number> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (stat.isDirectory()) throw new FileProblem('not-a-file');
    return stat.isFile() ? stat.mode & 0o777 : 0o644;
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    return 0o644;
  }
}

async function readHead(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
