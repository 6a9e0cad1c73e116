const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const colours: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 31, debug: 2, trace: 2 };
const charsMax = 2_000;
const known = new Set(['level', 'time', 'service', 'part', 'msg', 'err', 'pid', 'hostname']);

// What a terminal would take for a command, line ends too: a log line stays one line.
// oxlint-disable-next-line no-control-regex
const commands = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * A log line as people read it: time, level, part, message, `key=value`; at most 2,000 characters, nothing in it that steers a
 * terminal. What is no line of ours stays as it is.
 */
export function formatLogLine(line: string, colour: boolean = false): string {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    entry = undefined;
  }
  if (typeof entry !== 'object' || entry === null || !('level' in entry))
    return line.trimEnd().replaceAll(commands, ' ').slice(0, charsMax);
  const { level, time, service, part, msg, err, ...rest } = entry as Record<string, unknown>;
  const word = levels[Number(level)] ?? 'info';
  const failure = typeof err === 'object' && err !== null && 'message' in err ? ` (${valueText(err.message)})` : '';
  const values = Object.entries(rest)
    .filter(([key]) => !known.has(key))
    .map(([key, value]) => ` ${key}=${valueText(value)}`);
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const head = `${clock} ${word.padEnd(5)} ${valueText(part ?? service ?? '')}:`;
  const text = `${head} ${valueText(msg ?? '')}${failure}${values.join('')}`
    .replaceAll(commands, ' ')
    .slice(0, charsMax);
  const code = colours[word];
  return colour && code !== undefined ? `\u001B[${code}m${text}\u001B[0m` : text;
}
