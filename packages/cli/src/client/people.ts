import { AttachmentId } from '@queueclaw/contracts';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { CommandError, exitCode } from '../exit-code.js';
import { printJson, printLines } from '../print.js';
import { callJson, callServer, jsonOf, refusal } from './http-call.js';
import { serverAddress, type ServerAddress } from './server-address.js';
import { tell } from '../phrases/index.js';

const Forgotten = z.object({ forgotten: z.number(), redacted: z.number() });
/** Where a line names files. */
const Files = z.object({ attachments: z.array(z.object({ id: AttachmentId })).default([]) }).catch({ attachments: [] });
const Line = z.object({ entry: Files.optional(), waiting: Files.optional(), reply: Files.optional() });

const patienceMs = 10 * 60_000;

const pathOf = (channel: string, id: string): string =>
  `/api/people/${encodeURIComponent(channel)}/${encodeURIComponent(id)}`;

async function bodyOf(address: ServerAddress, path: string): Promise<Readable> {
  const response = await callServer(address, { path, patienceMs });
  if (!response.ok || response.body === null) throw refusal(address, response.status, await jsonOf(address, response));
  return Readable.fromWeb(response.body);
}

const broken = (error: unknown): CommandError =>
  error instanceof CommandError
    ? error
    : new CommandError(tell('error.export', { reason: error instanceof Error ? error.message : String(error) }));

/**
 * `queueclaw people export <channel> <id>`: JSON lines, as they come; with `--to`, a new folder with `lines.jsonl` and the files
 * that the lines name, complete or not there at all, for its owner only.
 */
export async function exportPersonCommand(
  channel: string,
  id: string,
  { to }: { readonly to?: string },
): Promise<number> {
  const address = await serverAddress(process.env);
  const lines = async (): Promise<Readable> => bodyOf(address, `${pathOf(channel, id)}/export`);
  try {
    if (to === undefined) await pipeline(await lines(), process.stdout, { end: false });
    else await saveTo(resolve(to), await lines(), (file) => bodyOf(address, `/api/attachments/${file}`));
  } catch (error) {
    throw broken(error);
  }
  return exitCode.ok;
}

async function saveTo(folder: string, lines: Readable, read: (file: string) => Promise<Readable>): Promise<void> {
  if (existsSync(folder)) throw new CommandError(tell('error.exists', { folder }), exitCode.usage);
  const draft = `${folder}.part-${process.pid}`;
  const stopped = new AbortController();
  const stop = (): void => stopped.abort(new CommandError(tell('error.export_stopped'), 130));
  process.once('SIGINT', stop);
  try {
    await mkdir(join(draft, 'attachments'), { recursive: true, mode: 0o700 });
    const files = await saveLines(join(draft, 'lines.jsonl'), lines, stopped.signal);
    let gone = 0;
    for (const file of files) {
      const bytes = await read(file).catch((error: unknown) => {
        if (error instanceof CommandError && error.errorCode === 'route.not_found') return undefined;
        throw error;
      });
      if (bytes === undefined) gone += 1;
      else
        await pipeline(bytes, createWriteStream(join(draft, 'attachments', file), { mode: 0o600 }), {
          signal: stopped.signal,
        });
    }
    await rename(draft, folder);
    printLines([
      tell('done.files', { folder, count: files.size - gone }) +
        (gone === 0 ? '' : tell('done.files_gone', { count: gone })),
    ]);
  } catch (error) {
    throw stopped.signal.aborted ? stopped.signal.reason : error;
  } finally {
    process.removeListener('SIGINT', stop);
    await rm(draft, { recursive: true, force: true });
  }
}

/** Writes the lines and returns the files that they name. */
async function saveLines(path: string, lines: Readable, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  const target = await open(path, 'wx', 0o600);
  try {
    for await (const text of createInterface({ input: lines, crlfDelay: Infinity })) {
      signal.throwIfAborted();
      await target.write(`${text}\n`);
      const line = Line.parse(JSON.parse(text));
      for (const { attachments } of [line.entry, line.waiting, line.reply].filter((one) => one !== undefined))
        for (const { id } of attachments) files.add(id);
    }
  } finally {
    await target.close();
  }
  return files;
}

/** `queueclaw people delete <channel> <id>`: forgets them for good. */
export async function deletePersonCommand(
  channel: string,
  id: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const address = await serverAddress(process.env);
  const call = { path: pathOf(channel, id), method: 'DELETE', patienceMs } as const;
  const { forgotten, redacted } = Forgotten.parse(await callJson(address, call));
  if (options.json) printJson({ forgotten, redacted });
  else printLines([tell('done.person_forgotten', { count: forgotten, shared: redacted })]);
  return exitCode.ok;
}
