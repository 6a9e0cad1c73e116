import type { z } from 'zod';
import type { ToolRun } from '../contract.js';
import type { args } from './spec.js';

/** Date, time and zone. */
export const run: ToolRun<z.output<typeof args>> = async ({ zone = 'UTC' }, hands) => {
  try {
    const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long', timeZone: zone });
    return { ok: true, text: format.format(hands.now()) };
  } catch {
    return { ok: false, text: `There is no time zone ${JSON.stringify(zone)}.`, code: 'tool.arguments' };
  }
};
