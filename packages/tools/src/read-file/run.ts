import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import { boundText } from '../output-text.js';
import type { args } from './spec.js';

const bytesMax = 16 * 1_048_576;

/** Lines of a text file; a binary file is only described. */
export const run: ToolRun<z.output<typeof args>> = async ({ path, offset = 0, limit }, hands) => {
  const { bytes, size, truncated } = await hands.readFile(path, bytesMax);
  if (bytes.subarray(0, 8_192).includes(0))
    return { ok: false, text: `This is a binary file of ${size} bytes.`, code: 'tool.failed' };
  const text = new TextDecoder().decode(bytes);
  if (offset === 0 && limit === undefined) return { ok: true, text: boundText(text) || '(an empty file)' };
  const lines = text.split('\n');
  const part = lines.slice(offset, limit === undefined ? undefined : offset + limit);
  if (part.length === 0) return { ok: false, text: `The file has ${lines.length} lines.`, code: 'tool.failed' };
  const rest = lines.length - offset - part.length;
  const note = rest > 0 || truncated ? `\n(${rest} more lines${truncated ? ' and more' : ''})` : '';
  return { ok: true, text: boundText(part.join('\n') + note) };
};
