import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import { boundText, cleanText } from '../output-text.js';
import { refusal } from '../policy.js';
import type { args } from './spec.js';

const timeoutMsUsual = 60_000;
const outputBytesMax = 1_048_576;

/** The output, then how the command ended unless it ended well. */
export const run: ToolRun<z.output<typeof args>> = async ({ command, timeout_seconds: seconds }, hands) => {
  const refused = refusal(command, hands.policy);
  if (refused !== undefined) return { ok: false, text: refused, code: 'tool.not_allowed' };
  const timeoutMs = seconds === undefined ? timeoutMsUsual : seconds * 1_000;
  const { reason, exitCode, output, notes = [] } = await hands.exec(command, { timeoutMs, outputBytesMax });
  const text = [cleanText(output), ...notes.map((note) => `(${note})`)].filter(Boolean).join('\n');
  const tell = (end: string): string => boundText(text === '' ? end : `${text.trimEnd()}\n${end}`);
  switch (reason) {
    case 'exit':
      if (exitCode === 0) return { ok: true, text: boundText(text) || '(no output)' };
      return { ok: false, text: tell(`(exit code ${exitCode})`), code: 'tool.failed' };
    case 'signal':
      return { ok: false, text: tell('(ended by a signal)'), code: 'tool.failed' };
    case 'deadline':
      return { ok: false, text: tell(`(stopped after ${timeoutMs / 1_000} seconds)`), code: 'tool.timeout' };
    case 'overflow':
      return { ok: false, text: tell('(stopped: too much output)'), code: 'tool.output_limit' };
    case 'memory':
      return { ok: false, text: tell('(ended: too much memory)'), code: 'tool.memory_limit' };
    case 'aborted':
      return { ok: false, text: tell('(cancelled)'), code: 'tool.cancelled' };
    default:
      return reason satisfies never;
  }
};
