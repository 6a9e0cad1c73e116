import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { findSystemProgram } from '../bubblewrap/find.js';

/** Files that stay: more than commands at once, so that conversations seldom share one, which costs a wait and nothing else. */
const locks = 4_096;

/** Gives a lock back. */
export type Release = () => Promise<void>;

/**
 * Waits for the lock of a workspace, which every runner that shares `root` takes, on whatever machine (flock(2), which NFS 4
 * and the like pass on). Whoever dies gives it back: the program that holds it ends with its input. Not for file systems that
 * keep locks to a machine.
 * @throws Error without flock(1), or when files cannot be locked there; the signal's reason when it aborts before
 */
export async function lockWorkspace(root: string, workspace: string, signal?: AbortSignal): Promise<Release> {
  signal?.throwIfAborted();
  const [flock, cat] = [findSystemProgram('flock'), findSystemProgram('cat')];
  if (flock === undefined || cat === undefined) throw new Error('flock is missing');
  const folder = join(root, '.locks');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const digest = createHash('sha256').update(relative(root, workspace)).digest();
  const file = join(folder, String(digest.readUInt32BE(0) % locks));
  const child = spawn(flock, ['--exclusive', '--no-fork', file, cat], {
    ...{ cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'ignore'] },
    // A Ctrl-C in our terminal is ours to handle.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const onAbort = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', onAbort);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`workspaces cannot be locked: flock ended with ${code}`)));
      child.stdin.on('error', () => undefined);
      // Comes back once the lock is held, and flock has become cat.
      child.stdout.once('data', () => resolve());
      child.stdin.write('\n');
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
  return async () => {
    child.stdin.end();
    await ended;
  };
}
