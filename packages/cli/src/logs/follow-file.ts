import { open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 200;
const chunkBytes = 64 * 1024;
const lineBytesMax = 1024 * 1024;

/**
 * The lines that are written to a log from now on (`fromByte` on), also after it was moved away because it was full: then
 * the rest of the old file comes first. Ends when `signal` aborts.
 */
export async function* followFile(path: string, fromByte: number, signal: AbortSignal): AsyncIterable<string> {
  let file = await open(path, 'r').catch(() => undefined);
  let at = fromByte;
  let rest = Buffer.alloc(0);
  let moved = false;
  const buffer = Buffer.alloc(chunkBytes);
  try {
    while (!signal.aborted) {
      file ??= await open(path, 'r').catch(() => undefined);
      const { bytesRead } = file === undefined ? { bytesRead: 0 } : await file.read(buffer, 0, chunkBytes, at);
      if (bytesRead > 0) {
        at += bytesRead;
        const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = text.lastIndexOf(10);
        rest = Buffer.from(text.subarray(end + 1, end + 1 + lineBytesMax));
        if (end > 0) yield* text.subarray(0, end).toString('utf8').split('\n');
        continue;
      }
      if (moved) {
        await file?.close();
        [file, at, rest, moved] = [undefined, 0, Buffer.alloc(0), false];
        continue;
      }
      const [here, there] = await Promise.all([file?.stat(), stat(path).catch(() => undefined)]);
      moved = here !== undefined && there !== undefined && here.ino !== there.ino;
      // Something may have been written between the last look and the move: one more look.
      if (moved) continue;
      await pause(pollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file?.close();
  }
}
