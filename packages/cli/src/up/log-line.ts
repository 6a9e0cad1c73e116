const words: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warning'],
];

/** A service's log line for the terminal, in one line; undefined for what is below a warning. What is not a log line is shown as it is. */
export function terminalLine(line: string): string | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return line.slice(0, 500);
  }
  if (typeof entry !== 'object' || entry === null || !('level' in entry)) return line.slice(0, 500);
  const { level, msg, reason, err } = entry as { level: unknown; msg?: unknown; reason?: unknown; err?: unknown };
  const word = words.find(([least]) => Number(level) >= least)?.[1];
  if (word === undefined) return undefined;
  const message = typeof err === 'object' && err !== null && 'message' in err ? err.message : undefined;
  const details = [reason, message]
    .filter((part) => typeof part === 'string' && part !== '' && !String(msg).includes(part))
    .map((part) => `: ${String(part)}`);
  return `${word}: ${String(msg ?? '')}${details.join('')}`.replaceAll('\n', ' ').slice(0, 500);
}
