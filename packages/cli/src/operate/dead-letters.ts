import { z } from 'zod';
import { limitOf, type Listing } from '../client/conversations.js';
import { callJson } from '../client/http-call.js';
import { consoleAddress } from '../client/server-address.js';
import { CommandError, exitCode } from '../exit-code.js';
import { columns, moment, printJson, printLines } from '../print.js';
import { tell } from '../phrases/index.js';

type Json = { readonly json?: boolean };

const Letter = z.looseObject({
  id: z.string(),
  kind: z.string(),
  tenant: z.string(),
  conversation: z.string(),
  why: z.string(),
  at: z.number(),
  retryable: z.boolean(),
});
type Letter = z.infer<typeof Letter>;
const Letters = z.object({ deadLetters: z.array(Letter) });

/** The console shows so many at most. */
const limitMax = 500;

/** The newest dead letters, from the console. */
export async function listLetters(limit: number): Promise<readonly Letter[]> {
  const path = `/api/dead-letters?limit=${Math.min(limit, limitMax)}`;
  return Letters.parse(await callJson(await consoleAddress(process.env), { path })).deadLetters;
}

const row = ({ id, kind, tenant, conversation, why, at, retryable }: Letter): string[] => [
  id,
  moment(at),
  kind,
  `${tenant}/${conversation}`,
  `${why}${retryable ? '' : tell('letter.final')}`,
];

/** `queueclaw dead-letters list` */
export async function listCommand(options: Listing): Promise<number> {
  const deadLetters = await listLetters(limitOf(options.limit));
  if (options.json) printJson({ deadLetters });
  else if (deadLetters.length === 0) printLines([tell('none')]);
  else printLines(columns(deadLetters.map(row)));
  return exitCode.ok;
}

/** `queueclaw dead-letters show <id>`: the whole of it, as JSON. */
export async function showCommand(id: string): Promise<number> {
  const found = (await listLetters(limitMax)).find((letter) => letter.id === id);
  if (found === undefined)
    throw new CommandError(tell('error.no_letter', { id, count: limitMax }), exitCode.failed, 'dead_letter.not_found');
  printJson(found);
  return exitCode.ok;
}

const act = async (ids: readonly string[], what: 'retry' | 'drop', options: Json): Promise<number> => {
  const address = await consoleAddress(process.env);
  const results: unknown[] = [];
  let failed = false;
  for (const id of ids) {
    try {
      const path = `/api/dead-letters/${encodeURIComponent(id)}/${what}`;
      results.push(await callJson(address, { path, method: 'POST', body: {} }));
      if (!options.json) printLines([tell(what === 'retry' ? 'done.letter_retried' : 'done.letter_dropped', { id })]);
    } catch (error) {
      // One that somebody else was faster with must not keep the others from it.
      if (!(error instanceof CommandError) || !error.errorCode.startsWith('dead_letter.')) throw error;
      failed = true;
      results.push({ id, error: { code: error.errorCode, message: error.message } });
      if (!options.json) printLines([`${id}: ${error.message}`]);
    }
  }
  if (options.json) printJson({ deadLetters: results });
  return failed ? exitCode.failed : exitCode.ok;
};

/** `queueclaw dead-letters retry <id...>`: 1 when one of them could not be. */
export const retryCommand = async (ids: readonly string[], options: Json): Promise<number> =>
  act(ids, 'retry', options);

/** `queueclaw dead-letters drop <id...>`: 1 when one of them could not be. */
export const dropCommand = async (ids: readonly string[], options: Json): Promise<number> => act(ids, 'drop', options);
