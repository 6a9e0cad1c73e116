import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const chunkBytes = 64 * 1024;

/** The last `count` lines of a file, oldest first, and how long the file was then; nothing of one that is not there. */
export function lastLines(path: string, count: number): { readonly lines: readonly string[]; readonly bytes: number } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return { lines: [], bytes: 0 };
  }
  try {
    const bytes = fstatSync(file).size;
    const chunks: Buffer[] = [];
    let start = bytes;
    // One more end of a line than lines: the text before the first is cut off.
    for (let ends = 0; count > 0 && start > 0 && ends <= count;) {
      const size = Math.min(chunkBytes, start);
      const chunk = Buffer.alloc(size);
      readSync(file, chunk, 0, size, start - size);
      start -= size;
      chunks.unshift(chunk);
      ends += chunk.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
    }
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    const whole = start > 0 ? lines.slice(1) : lines;
    return { lines: whole.filter((line) => line !== '').slice(count === 0 ? Infinity : -count), bytes };
  } finally {
    closeSync(file);
  }
}
