import type { Readable } from 'node:stream';
import { z } from 'zod';
import { markProcess, preferAsOomVictim, type ProcessMark } from './process-life.js';

const StatusLine = z.object({ 'child-pid': z.number().int().optional(), 'exit-code': z.number().int().optional() });

/** What the sandbox program says about its command: JSON objects, one a line (`bwrap --json-status-fd`). */
export type Status = {
  /** The first process inside: when it is gone, so is everything inside. */
  readonly init: ProcessMark | undefined;
  /** Undefined when the command never started or did not end by itself. */
  readonly exitCode: number | undefined;
};

/**
 * Reads the status as it comes; call the result for what is known so far.
 * @param onInit called with the first process inside, before it does anything
 */
export function readStatus(pipe: Readable, onInit: (init: ProcessMark) => void): () => Status {
  let rest = '';
  let init: ProcessMark | undefined;
  let exitCode: number | undefined;
  const take = (line: string): void => {
    const status = StatusLine.safeParse(tryJson(line));
    if (!status.success) return;
    exitCode = status.data['exit-code'] ?? exitCode;
    const pid = status.data['child-pid'];
    if (pid === undefined) return;
    init = markProcess(pid);
    preferAsOomVictim(pid);
    if (init !== undefined) onInit(init);
  };
  pipe.on('data', (chunk: Uint8Array) => {
    const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n');
    rest = (lines.pop() ?? '').slice(0, 4_096);
    for (const line of lines) take(line);
  });
  return () => ({ init, exitCode });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
