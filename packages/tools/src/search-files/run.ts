import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import { boundText, cleanText } from '../output-text.js';
import { insidePath, quote } from '../shell-words.js';
import type { args } from './spec.js';

const linesMax = 200;
const lineChars = 300;

/** Matching lines as `file:number:line`. Runs inside the sandbox, so a pattern that never ends costs its deadline only. */
export const run: ToolRun<z.output<typeof args>> = async ({ pattern, path = '.', glob, ignore_case: fold }, hands) => {
  const only = glob === undefined ? '' : ` --include=${quote(glob)}`;
  const grep = `LC_ALL=C.UTF-8 grep -rInE${fold ? 'i' : ''}${only} -e ${quote(pattern)} -- ${quote(insidePath(path))}`;
  const { reason, exitCode, output } = await hands.exec(grep, { timeoutMs: 20_000, outputBytesMax: 4_194_304 });
  const lines = cleanText(output)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\.\//, ''));
  if (reason === 'deadline') return { ok: false, text: 'The search took too long.', code: 'tool.timeout' };
  if (reason === 'memory') return { ok: false, text: 'The search needed too much memory.', code: 'tool.memory_limit' };
  if (reason === 'exit' && exitCode === 1 && lines.length === 0) return { ok: true, text: '(nothing found)' };
  if (reason === 'exit' && exitCode !== 0 && exitCode !== 1 && lines.every((line) => line.startsWith('grep: ')))
    return { ok: false, text: boundText(lines.join('\n') || 'The search failed.'), code: 'tool.failed' };
  const shown = lines
    .slice(0, linesMax)
    .map((line) => (line.length > lineChars ? `${line.slice(0, lineChars)}…` : line));
  const more = lines.length > linesMax || reason === 'overflow' ? [`(more than ${shown.length} lines)`] : [];
  return { ok: true, text: boundText([...shown, ...more].join('\n')) };
};
