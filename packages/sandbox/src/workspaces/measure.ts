import { chmod, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageLimits } from './image.js';

/** More bytes or names than this may hold, or too deep to be counted. */
export type Excess = 'bytes' | 'files' | 'depth';

const blockBytes = 512;

const isError = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/**
 * Counts what a folder holds, as the disk does, and stops at the first limit it meets. Links are counted and not followed;
 * a folder that its owner closed is opened again. Nothing else may write meanwhile.
 * @returns undefined while it is within its limits
 */
export async function measureFolder(folder: string, limits: ImageLimits): Promise<Excess | undefined> {
  const left = [folder];
  let bytes = 0;
  let files = 0;
  try {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      for await (const entry of await openOwn(next)) {
        const path = join(next, entry.name);
        files += 1;
        if (files > limits.workspaceFiles) return 'files';
        bytes += (await lstat(path)).blocks * blockBytes;
        if (bytes > limits.workspaceBytes) return 'bytes';
        if (entry.isDirectory()) left.push(path);
      }
    }
  } catch (error) {
    if (isError(error, 'ENAMETOOLONG')) return 'depth';
    if (!isError(error, 'ENOENT')) throw error;
  }
  return undefined;
}

async function openOwn(path: string): ReturnType<typeof opendir> {
  try {
    return await opendir(path);
  } catch (error) {
    if (!isError(error, 'EACCES')) throw error;
    await chmod(path, 0o700);
    return opendir(path);
  }
}
