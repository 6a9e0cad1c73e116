import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, unlink, type FileHandle } from 'node:fs/promises';
import { FileProblem, problemOf } from './file-problem.js';
import { pathNames } from './file-hands.js';
import { openFolder } from './open-folder.js';
import type { Owner } from './workspaces/place.js';

/** A file from outside: its path in the workspace and how to get at its bytes; `undefined` when they are gone. */
export type PlacedFile = {
  readonly path: string;
  readonly open: () => Promise<AsyncIterable<Uint8Array> | undefined>;
};

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Puts a file into a workspace, read-only (0444), unless something stands there, whatever it is: then nothing is opened and
 * nothing replaced. It is there whole or not at all, and nothing a command does at the same time leads outside. False: it was
 * not put.
 * @throws FileProblem; whatever reading the bytes fails with
 */
export async function placeFileIn(workspace: string, file: PlacedFile, owner: Owner): Promise<boolean> {
  const names = pathNames(file.path);
  const name = names.at(-1);
  if (name === undefined) throw new FileProblem('not-a-file');
  return problemOf(async () => {
    const own = (made: FileHandle): Promise<void> | undefined => owner && made.chown(owner.uid, owner.gid);
    await using folder = await openFolder(workspace, names.slice(0, -1), own);
    if (await exists(folder.at(name))) return false;
    const draft = folder.at(`.queueclaw-${randomBytes(8).toString('hex')}`);
    try {
      if (!(await write(draft, file.open, owner))) return false;
      // Fails when something has come to stand there meanwhile.
      await link(draft, folder.at(name));
      return true;
    } catch (error) {
      if (isError(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
  });
}

async function write(path: string, read: PlacedFile['open'], owner: Owner): Promise<boolean> {
  await using file = await open(path, newFile, 0o600);
  const bytes = await read();
  if (bytes === undefined) return false;
  for await (const piece of bytes)
    for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten;
  if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  await file.chmod(0o444);
  return true;
}

const isError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isError(error, 'ENOENT')) return false;
    throw error;
  }
}
