import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { FileProblem } from './file-problem.js';

/** A folder that is held by a descriptor: names are looked up in it, wherever it is moved meanwhile. */
export type HeldFolder = AsyncDisposable & {
  /** A path that means `name` in this folder (proc(5), magic links of /proc/self/fd). */
  at(name: string): string;
};

const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

type OnMade = (folder: FileHandle) => Promise<void> | undefined;

/**
 * Walks down from `root`, one name at a time, each opened in the folder held before it and never through a link.
 * @param onMade makes missing folders be made, and is called with each; without it a missing one is an error
 */
export async function openFolder(root: string, names: readonly string[], onMade?: OnMade): Promise<HeldFolder> {
  if (process.platform !== 'linux') throw new FileProblem('platform');
  let held = await open(root, flags);
  for (const name of names) {
    try {
      const next = await enter(at(held, name), onMade);
      await held.close();
      held = next;
    } catch (error) {
      await held.close();
      throw error;
    }
  }
  return { at: (name) => at(held, name), [Symbol.asyncDispose]: () => held.close() };
}

const at = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`;

const isError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function enter(path: string, onMade: OnMade | undefined): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (onMade === undefined || !isError(error, 'ENOENT')) throw error;
  }
  await mkdir(path, { mode: 0o755 }).catch((error: unknown) => {
    if (!isError(error, 'EEXIST')) throw error;
  });
  const folder = await open(path, flags);
  // By descriptor: what stands at the path may be something else by now.
  await onMade(folder);
  return folder;
}
