import { findSystemProgram } from '../bubblewrap/find.js';

const removeMs = 120_000;

/**
 * Removes a file or folder that nobody uses any more, however deep it is. rm(1) walks by descriptors, follows no link and
 * stays on its file system.
 * @throws Error when something is left
 */
export async function removeTree(path: string): Promise<void> {
  const { execa } = await import('execa');
  const line = ['-rf', '--one-file-system', '--', path];
  const { failed, stderr, shortMessage } = await execa(findSystemProgram('rm') ?? 'rm', line, {
    ...{ cwd: '/', env: {}, extendEnv: false, reject: false, stdin: 'ignore', stdout: 'ignore' },
    ...{ timeout: removeMs, maxBuffer: 4_096 },
  });
  if (failed) throw new Error(`a workspace could not be removed: ${(stderr || shortMessage || '').slice(0, 200)}`);
}
