import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type BoundedLog = { write(text: string): void; close(): void };

const bytesMaxUsual = 10 * 1024 * 1024;

/**
 * A log file that never grows beyond `bytesMax`: when it is full it becomes `<path>.1` (the one before is dropped).
 * Readable by its owner only. A full disk loses lines, never the process.
 */
export function openBoundedLog(path: string, bytesMax: number = bytesMaxUsual): BoundedLog {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const open = (): number => openSync(path, 'a', 0o600);
  let file = open();
  let bytes = statSync(path).size;
  return {
    write: (text) => {
      try {
        if (bytes > 0 && bytes + Buffer.byteLength(text) > bytesMax) {
          closeSync(file);
          renameSync(path, `${path}.1`);
          file = open();
          bytes = 0;
        }
        bytes += writeSync(file, text);
      } catch {
        // Nowhere to say it: the terminal still shows warnings.
      }
    },
    close: () => closeSync(file),
  };
}
