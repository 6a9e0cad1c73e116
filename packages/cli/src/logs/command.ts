import { formatLogLine } from '@queueclaw/runtime/settings';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeOf } from '../client/server-address.js';
import { CommandError, exitCode } from '../exit-code.js';
import { followFile } from './follow-file.js';
import { lastLines } from './last-lines.js';
import { logFiles, logNames, logParts } from './names.js';
import { tell } from '../phrases/index.js';

export type LogsOptions = {
  readonly service?: string;
  readonly follow?: boolean;
  readonly lines: string;
  readonly json?: boolean;
};

/** A file of `up`, and what of it belongs to a part. */
type Source = { readonly file: string; readonly wants: (line: string) => boolean };

const everything = (): boolean => true;
const sourcesOf = (service: string | undefined): Source[] => {
  if (service === undefined) return logFiles.map((file) => ({ file, wants: everything }));
  if (logFiles.includes(service)) return [{ file: service, wants: everything }];
  if (logParts.includes(service))
    return [{ file: 'all-in-one', wants: (line) => line.includes(`"part":"${service}"`) }];
  throw new CommandError(tell('error.no_log', { name: service, known: logNames.join(', ') }), exitCode.usage);
};

const linesOf = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CommandError(tell('error.lines'), exitCode.usage);
};

const timeOf = (line: string): string => /"time":"([^"]+)"/.exec(line)?.[1] ?? '';

/** A line as an object: what is no JSON (Redis' own) becomes its `msg`. */
const asJson = (file: string, line: string): string => {
  try {
    JSON.parse(line);
    return line;
  } catch {
    return JSON.stringify({ service: file, msg: line });
  }
};

/**
 * `queueclaw logs`: the last lines of what `up` of this home has logged, by time; with `--follow` until Ctrl-C.
 * As text, or line by line as JSON.
 */
export async function logsCommand(options: LogsOptions): Promise<number> {
  const sources = sourcesOf(options.service);
  const count = linesOf(options.lines);
  const folder = join(await homeOf(process.env, process.cwd()), 'logs');
  if (!existsSync(folder) && options.follow !== true) throw new CommandError(tell('error.no_logs', { folder }));
  const colour = process.stdout.isTTY === true;
  const print = (file: string, line: string): void => {
    const text = options.json ? asJson(file, line) : formatLogLine(line, colour);
    process.stdout.write(`${text}\n`);
  };

  const last = sources.map(({ file, wants }) => {
    const path = join(folder, `${file}.log`);
    // A part's lines are spread among those of the others.
    const { lines, bytes } = lastLines(path, wants === everything ? count : 100_000);
    return { file, path, wants, bytes, lines: count === 0 ? [] : lines.filter(wants).slice(-count) };
  });
  const all = last.flatMap(({ file, lines }) => {
    let time = '';
    // Redis' lines have another form: they stay where they are, in order.
    return lines.map((line) => ({ file, line, time: (time = timeOf(line) || time) }));
  });
  const sorted = all.toSorted((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : 0));
  for (const { file, line } of sorted.slice(-count || undefined)) print(file, line);
  if (options.follow !== true) return exitCode.ok;

  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  process.stdout.on('error', () => ended.abort());
  const follow = async ({ file, path, wants, bytes }: (typeof last)[number]): Promise<void> => {
    for await (const line of followFile(path, bytes, ended.signal)) if (line !== '' && wants(line)) print(file, line);
  };
  await Promise.all(last.map(follow));
  return exitCode.ok;
}
