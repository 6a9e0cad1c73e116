import { Option } from 'commander';
import type { Words } from '../phrases/index.js';

/** Ends with the exit code a command returns. */
export const ending =
  <A extends unknown[]>(run: (...args: A) => Promise<number>) =>
  async (...args: A): Promise<void> => {
    process.exitCode = await run(...args);
  };

/** What most commands take. */
export type Shared = { readonly config?: string; readonly json?: boolean };

export const json = (words: Words): Option => new Option('--json', words('option.json'));
export const config = (words: Words): Option => new Option('-c, --config <file>', words('option.config'));
export const conversation = (words: Words): Option => new Option('--conversation <id>', words('option.conversation'));
export const limit = (words: Words, usual: string): Option =>
  new Option('-n, --limit <count>', words('option.limit')).default(usual);
