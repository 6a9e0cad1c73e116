import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

const everyMsUsual = 500;
const none = 'none';

type Stat = { readonly ino: bigint; readonly size: bigint; readonly mtimeNs: bigint; readonly ctimeNs: bigint };
const markOf = ({ ino, size, mtimeNs, ctimeNs }: Stat): string => [ino, size, mtimeNs, ctimeNs].join(' ');

/** What changes whenever a file is written, replaced or removed; a link is followed. For `watchFile`. */
export function fileMark(path: string): string {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? none : markOf(found);
  } catch {
    return none;
  }
}

/**
 * Looks at a file every `everyMs` milliseconds and calls `onChange` when it has become another one and has stayed the same
 * for one more look: an editor that writes in parts or renames is done then. Looking works where the kernel's notifications
 * do not: a file that is not there yet, a link that is turned round (as mounted volumes do), a network file system. Does
 * not keep the process alive. Returns how to end it.
 * @param since the file's mark from before it was read: nothing that happened since then is missed
 */
export function watchFile(
  path: string,
  since: string,
  onChange: () => void,
  everyMs: number = everyMsUsual,
): () => void {
  let known = since;
  let last = since;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const mark = await stat(path, { bigint: true }).then(markOf, () => none);
    looking = false;
    const steady = mark === last;
    last = mark;
    if (!steady || mark === known) return;
    known = mark;
    onChange();
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return () => clearInterval(timer);
}
