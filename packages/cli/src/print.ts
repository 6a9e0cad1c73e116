import { plainText } from './client/plain-text.js';

/** Prints a value as JSON, for programs. */
export const printJson = (value: unknown): void =>
  void process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);

/** Prints lines for people; what others wrote in them cannot steer the terminal. */
export const printLines = (lines: readonly string[]): void => {
  for (const line of lines) process.stdout.write(`${plainText(line)}\n`);
};

/** Lines of aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** A moment in this machine's time zone: `2026-01-02 03:04:05`. */
export function moment(at: number): string {
  const date = new Date(at);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(at) ? '-' : local.toISOString().slice(0, 19).replace('T', ' ');
}
