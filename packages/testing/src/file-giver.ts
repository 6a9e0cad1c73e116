import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * How a platform gives out a file that somebody sent: half of it and the rest only after `goOn`; without an end; a page that asks
 * to log in instead, as a success; or half of it and no more.
 */
export type FileManner = 'slow' | 'endless' | 'wrong type' | 'broken off';

/** Gives out files for a fake. */
export type FileGiver = {
  /** The next file meets this. */
  next(manner: FileManner): void;
  /** Gives the rest of what is slow. */
  goOn(): void;
  /** Files that are being given at the moment. */
  open(): number;
  give(response: ServerResponse, bytes: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<void>;
};

const page = '<!doctype html><title>Sign in</title>';

export function fileGiver(): FileGiver {
  const manners: FileManner[] = [];
  const waiting = new Set<() => void>();
  let open = 0;

  const pour = async (response: ServerResponse): Promise<void> => {
    const piece = Buffer.alloc(65_536, 1);
    const closed = once(response, 'close');
    while (!response.destroyed) if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
  };
  const half = async (response: ServerResponse, bytes: Uint8Array): Promise<void> => {
    const at = Math.ceil(bytes.byteLength / 2);
    response.write(bytes.subarray(0, at));
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(resolve);
    await Promise.race([promise, once(response, 'close')]);
    waiting.delete(resolve);
    response.end(bytes.subarray(at));
  };
  return {
    next: (manner) => void manners.push(manner),
    goOn: () => {
      for (const wake of waiting) wake();
    },
    open: () => open,
    give: async (response, bytes, headers = {}) => {
      const manner = manners.shift();
      if (manner === 'wrong type') return void response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      const length = manner === 'broken off' ? { 'content-length': String(bytes.byteLength + 1) } : {};
      response.writeHead(200, { 'content-type': 'application/octet-stream', ...headers, ...length });
      open += 1;
      try {
        if (manner === 'slow') await half(response, bytes);
        else if (manner === 'endless') await pour(response);
        else if (manner === 'broken off') response.write(bytes, () => response.destroy());
        else response.end(bytes);
      } finally {
        open -= 1;
      }
    },
  };
}
