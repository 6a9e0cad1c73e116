import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import type { args } from './spec.js';
import { typeOfName } from './type-of-name.js';

/** The file as it is now: what becomes of it later changes nothing of what was sent. */
export const run: ToolRun<z.output<typeof args>> = async ({ path, name }, hands) => {
  const shown = name ?? path.split('/').findLast((part) => part !== '') ?? path;
  const file = await hands.keepFile(path, { name: shown, type: typeOfName(shown) ?? typeOfName(path) });
  if (file.size === 0) return { ok: false, text: 'The file is empty; nothing was sent.', code: 'tool.failed' };
  return {
    ok: true,
    text: `${file.name} (${file.size} bytes) goes to the person with your answer.`,
    attachments: [file],
  };
};
