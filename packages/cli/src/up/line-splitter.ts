import type { Readable } from 'node:stream';

const charsMax = 64 * 1024;

/** Calls `onLine` for each line of a stream, without its end; a line over 64 Ki characters is cut there. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, charsMax);
    for (const line of lines) if (line !== '') onLine(line.slice(0, charsMax));
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
  stream.on('error', () => undefined);
}
