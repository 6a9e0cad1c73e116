import { plainText } from './client/plain-text.js';

/** Prints a value as JSON, for programs. */
export const printJson = (value: unknown): void =>
  void process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);

/** Prints lines for people; what others wrote in them cannot steer the terminal. */
export const printLines = (lines: readonly string[]): void => {
  for (const line of lines) process.stdout.write(`${plainText(line)}\n`);
};

/** Columns that a terminal needs for a text: two for each sign of East Asia. */
const widthOf = (text: string): number =>
  [...text].reduce(
    (sum, sign) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(sign)
        ? 2
        : 1),
    0,
  );

/** A text with spaces behind it, so wide. */
export const padded = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`;

/** Lines of aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : padded(cell, widths[at] ?? 0)))
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
