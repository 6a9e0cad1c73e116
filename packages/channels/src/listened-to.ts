import { inspect } from 'node:util';

const levels = ['debug', 'error', 'info', 'log', 'warn'] as const;

/** Everything that is written while this runs: by us, and by SDKs. */
export async function listenedTo(work: () => Promise<void>): Promise<string> {
  let heard = '';
  const kept = levels.map((level) => [level, console[level]] as const);
  const streams = [process.stdout, process.stderr].map((stream) => [stream, stream.write] as const);
  const hear = (...words: unknown[]): true => {
    heard += `${words.map((word) => (typeof word === 'string' ? word : inspect(word, { depth: 9 }))).join(' ')}\n`;
    return true;
  };
  for (const [level] of kept) console[level] = hear;
  for (const [stream] of streams) stream.write = (words: unknown): boolean => hear(words);
  try {
    await work();
  } finally {
    for (const [level, write] of kept) console[level] = write;
    for (const [stream, write] of streams) stream.write = write;
  }
  return heard;
}
