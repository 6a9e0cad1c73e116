import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import type { args } from './spec.js';

/** Says how much was written. */
export const run: ToolRun<z.output<typeof args>> = async ({ path, content }, hands) => {
  await hands.writeFile(path, content);
  return { ok: true, text: `Wrote ${new TextEncoder().encode(content).length} bytes to ${path}.` };
};
