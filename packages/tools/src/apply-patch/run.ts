import { AppError } from '@queueclaw/contracts';
import type { z } from 'zod';
import type { ToolHands, ToolRun } from '../contract.js';
import { changedText } from './changed-text.js';
import { type Change, PatchError, readPatch } from './read-patch.js';
import type { args } from './spec.js';

const bytesMax = 1_048_576;
const filesMax = 100;
const failed = (text: string): { ok: false; text: string; code: string } => ({ ok: false, text, code: 'tool.failed' });

type Ready = { readonly path: string; readonly text: string | undefined; readonly what: string };

async function textOf(hands: ToolHands, path: string): Promise<string> {
  const { bytes, size, truncated } = await hands.readFile(path, bytesMax);
  if (truncated) throw new PatchError(`${path} has ${size} bytes; at most ${bytesMax} can be changed.`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PatchError(`${path} is not a text file.`);
  }
}

/** What the hands say of a path, with the path. */
const saidOf = (path: string, error: unknown): unknown =>
  error instanceof Error && !(error instanceof AppError) ? new PatchError(`${path}: ${error.message}`) : error;

async function isThere(hands: ToolHands, path: string): Promise<boolean> {
  try {
    await hands.readFile(path, 1);
    return true;
  } catch (error) {
    if (error instanceof Error && /no such file/i.test(error.message)) return false;
    throw saidOf(path, error);
  }
}

async function ready(hands: ToolHands, change: Change): Promise<Ready> {
  const { path } = change;
  const there = await isThere(hands, path);
  if (change.do === 'add') {
    if (there) throw new PatchError(`${path} is there already.`);
    return { path, text: change.lines.map((line) => `${line}\n`).join(''), what: 'added' };
  }
  if (!there) throw new PatchError(`There is no file ${path}.`);
  if (change.do === 'delete') return { path, text: undefined, what: 'deleted' };
  return { path, text: changedText(await textOf(hands, path), change.hunks, path), what: 'changed' };
}

async function act(hands: ToolHands, { path, text }: Ready): Promise<void> {
  if (text !== undefined) return hands.writeFile(path, text);
  const command = `rm -- '${path.replace(/^\/workspace\//, '').replaceAll("'", `'\\''`)}'`;
  const { reason, exitCode, output } = await hands.exec(command, { timeoutMs: 10_000, outputBytesMax: 1_000 });
  if (reason !== 'exit' || exitCode !== 0)
    throw new Error(`${path} could not be deleted: ${new TextDecoder().decode(output)}`);
}

/** Says what became of each file. What does not fit changes nothing; each file is whole, before or after. */
export const run: ToolRun<z.output<typeof args>> = async ({ patch }, hands) => {
  const done: string[] = [];
  try {
    const changes = readPatch(patch);
    if (changes.length > filesMax) return failed(`A patch has at most ${filesMax} files.`);
    const all: Ready[] = [];
    for (const change of changes) all.push(await ready(hands, change));
    for (const one of all) {
      await act(hands, one);
      done.push(`${one.what} ${one.path}`);
    }
    return { ok: true, text: done.join('\n') };
  } catch (error) {
    if (error instanceof PatchError) return failed(`${error.message}\nNothing was changed.`);
    if (done.length > 0 && error instanceof Error) return failed(`${error.message}\nUntil then: ${done.join(', ')}.`);
    throw error;
  }
};
