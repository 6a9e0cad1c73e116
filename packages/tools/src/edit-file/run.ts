import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import type { args } from './spec.js';

const bytesMax = 1_048_576;
const failed = (text: string): { ok: false; text: string; code: string } => ({ ok: false, text, code: 'tool.failed' });

/** Says how often the text was replaced; changes nothing unless the place is certain. */
export const run: ToolRun<z.output<typeof args>> = async ({ path, old, new: fresh, all = false }, hands) => {
  const { bytes, size, truncated } = await hands.readFile(path, bytesMax);
  if (truncated) return failed(`The file has ${size} bytes; at most ${bytesMax} can be edited.`);
  const text = decode(bytes);
  if (text === undefined) return failed('This is not a text file.');
  const times = text.split(old).length - 1;
  if (times === 0) return failed('The old text is not in the file.');
  if (times > 1 && !all) return failed(`The old text is there ${times} times: give more of it, or set all.`);
  await hands.writeFile(path, text.split(old).join(fresh));
  return { ok: true, text: `Replaced ${times} ${times === 1 ? 'place' : 'places'} in ${path}.` };
};

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
