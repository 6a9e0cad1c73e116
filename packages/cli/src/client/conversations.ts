import { ConversationId, TranscriptEntry, wordsHeard } from '@queueclaw/contracts';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { CommandError, exitCode } from '../exit-code.js';
import { columns, moment, printJson, printLines } from '../print.js';
import { callJson, callServer, jsonOf, refusal } from './http-call.js';
import { serverAddress } from './server-address.js';
import { tell } from '../phrases/index.js';

type Json = { readonly json?: boolean };
export type Listing = Json & { readonly limit: string };

const List = z.object({
  conversations: z.array(z.object({ conversation: z.string(), at: z.number() })),
  next: z.number().optional(),
});
const Page = z.object({ entries: z.array(z.unknown()), next: z.number().optional() });

const pageMax = 200;
const entriesPageMax = 500;
const exportPatienceMs = 10 * 60_000;

/** `--limit` as a number. @throws CommandError (usage) unless it is from 1 to 100000 */
export function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 100_000) return limit;
  throw new CommandError(tell('error.limit'), exitCode.usage);
}

const pathOf = (id: string): string => {
  const parsed = ConversationId.safeParse(id);
  if (!parsed.success) throw new CommandError(tell('error.conversation_id'), exitCode.usage);
  return `/api/conversations/${encodeURIComponent(parsed.data)}`;
};

/** The newest conversations, at most `limit`, over as many pages as it takes. */
export async function listConversations(limit: number): Promise<z.infer<typeof List>['conversations']> {
  const address = await serverAddress(process.env);
  const found: z.infer<typeof List>['conversations'] = [];
  for (let before: number | undefined; found.length < limit;) {
    const query = `?limit=${Math.min(pageMax, limit - found.length)}${before === undefined ? '' : `&before=${before}`}`;
    const page = List.parse(await callJson(address, { path: `/api/conversations${query}` }));
    found.push(...page.conversations);
    if (page.next === undefined || page.conversations.length === 0) break;
    before = page.next;
  }
  return found;
}

/** `queueclaw conversations list` */
export async function listCommand(options: Listing): Promise<number> {
  const conversations = await listConversations(limitOf(options.limit));
  if (options.json) printJson({ conversations });
  else printLines(columns(conversations.map(({ conversation, at }) => [moment(at), conversation])));
  return exitCode.ok;
}

const said = (given: unknown): string[] => {
  const entry = TranscriptEntry.safeParse(given).data;
  if (entry === undefined) return [];
  const at = moment(entry.at);
  if (entry.role === 'tool')
    return [`${at}    ${entry.ok ? '✓' : '✗'} ${entry.name}${entry.ms === undefined ? '' : ` (${entry.ms} ms)`}`];
  const who =
    entry.role === 'user' ? (entry.from?.name ?? entry.from?.id ?? tell('said.user')) : tell('said.assistant');
  const calls = entry.role === 'assistant' ? (entry.calls ?? []) : [];
  const heard = entry.role === 'user' ? wordsHeard(entry.attachments ?? []) : '';
  const text = [entry.text, heard].filter(Boolean).join('\n');
  const words = text === '' ? [] : [`${at}  ${who}: ${text.replaceAll('\n', `\n${' '.repeat(21)}`)}`];
  return [...words, ...calls.map(({ name }) => `${at}    … ${name}`)];
};

/** `queueclaw conversations show <id>`: the last entries, oldest first. */
export async function showCommand(id: string, options: Listing): Promise<number> {
  const address = await serverAddress(process.env);
  const limit = limitOf(options.limit);
  let entries: unknown[] = [];
  for (let before: number | undefined; entries.length < limit;) {
    const size = Math.min(entriesPageMax, limit - entries.length);
    const query = `?limit=${size}${before === undefined ? '' : `&before=${before}`}`;
    const page = Page.parse(await callJson(address, { path: `${pathOf(id)}${query}` }));
    entries = [...page.entries, ...entries];
    if (page.next === undefined || page.entries.length === 0) break;
    before = page.next;
  }
  if (options.json) printJson({ conversation: id, entries });
  else printLines(entries.flatMap(said));
  return exitCode.ok;
}

/** `queueclaw conversations export <id>`: JSON lines, as they come; to a file only its owner can read with `--output`. */
export async function exportCommand(id: string, options: { readonly output?: string }): Promise<number> {
  const address = await serverAddress(process.env);
  const path = `${pathOf(id)}/export`;
  const response = await callServer(address, { path, patienceMs: exportPatienceMs });
  if (!response.ok || response.body === null) throw refusal(address, response.status, await jsonOf(address, response));
  const { output } = options;
  const target = output === undefined ? process.stdout : createWriteStream(output, { mode: 0o600 });
  try {
    await pipeline(Readable.fromWeb(response.body), target, { end: output !== undefined });
  } catch (error) {
    throw new CommandError(tell('error.export', { reason: error instanceof Error ? error.message : String(error) }));
  }
  return exitCode.ok;
}

/** `queueclaw conversations delete <id...>`: all that exist; 1 when one did not. */
export async function deleteCommand(ids: readonly string[], options: Json): Promise<number> {
  const address = await serverAddress(process.env);
  const paths = ids.map((id) => [id, pathOf(id)] as const);
  const results: { id: string; deleted: boolean; error?: string }[] = [];
  for (const [id, path] of paths) {
    const response = await callServer(address, { path, method: 'DELETE' });
    if (response.ok) results.push({ id, deleted: true });
    else {
      const error = refusal(address, response.status, await jsonOf(address, response));
      if (response.status !== 404) throw error;
      results.push({ id, deleted: false, error: error.errorCode });
    }
  }
  if (options.json) printJson({ conversations: results });
  else
    printLines(
      results.map(({ id, deleted }) =>
        deleted ? tell('done.forgotten', { id }) : tell('done.no_conversation', { id }),
      ),
    );
  return results.every(({ deleted }) => deleted) ? exitCode.ok : exitCode.failed;
}
