import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import { boundText, cleanText } from '../output-text.js';
import { insidePath, quote } from '../shell-words.js';
import type { args } from './spec.js';

const entriesMax = 500;

/** One line an entry: size in bytes and path; folders end in a slash. */
export const run: ToolRun<z.output<typeof args>> = async ({ path = '.', depth = 3 }, hands) => {
  const folder = quote(insidePath(path));
  const find = `find -P ${folder} -mindepth 1 -maxdepth ${depth} \\( -type d -printf '%10s %P/\\n' -o -printf '%10s %P\\n' \\)`;
  const command = `${find} | LC_ALL=C sort -k2 | head -n ${entriesMax + 1}`;
  const { exitCode, output } = await hands.exec(command, { timeoutMs: 15_000, outputBytesMax: 1_048_576 });
  const lines = cleanText(output)
    .split('\n')
    .filter((line) => line !== '');
  if (exitCode !== 0 || lines[0]?.startsWith('find: '))
    return { ok: false, text: 'There is no such folder.', code: 'tool.failed' };
  if (lines.length === 0) return { ok: true, text: '(empty)' };
  const more = lines.length > entriesMax ? [`(more than ${entriesMax} entries)`] : [];
  return { ok: true, text: boundText([...lines.slice(0, entriesMax), ...more].join('\n')) };
};
