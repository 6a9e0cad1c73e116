import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * The commands that clients send while `work` runs, by kind, from MONITOR: what scripts call inside Redis is not counted.
 * A connection of its own, since client libraries mistake the feed for replies.
 * @param url `unix://` as the fixture gives it, or `redis://`
 * @returns how often each command came; scripts by the start of their digest
 */
export async function countCommands(url: string, work: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const { protocol, pathname, hostname, port } = new URL(url);
  const socket = protocol === 'unix:' ? connect(decodeURIComponent(pathname)) : connect(Number(port || 6379), hostname);
  const counts = new Map<string, number>();
  const lines = createInterface({ input: socket });
  const feeding = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    lines.once('line', () => resolve());
  });
  lines.on('line', (line) => {
    const match = /^\+[\d.]+ \[\d+ (\S+)\] "(\w+)"(?: "([^"]{0,40}))?/.exec(line);
    if (!match || match[1] === 'lua') return;
    const [, , name = '', first = ''] = match;
    const kind = name.toLowerCase() === 'evalsha' ? `${name} ${first.slice(0, 8)}` : name.toLowerCase();
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  });
  socket.write('MONITOR\r\n');
  await feeding;
  await work();
  socket.destroy();
  lines.close();
  return counts;
}
