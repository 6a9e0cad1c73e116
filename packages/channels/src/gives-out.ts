import { AppError } from '@queueclaw/contracts';
import type { Counterpart } from './connection-suite.js';
import type { Connection, FetchedFile, IncomingFile } from './contract.js';

const never = new AbortController().signal;
const fail = (sentence: string): never => {
  throw new Error(sentence);
};

const content = Buffer.from(Array.from({ length: 3_000 }, (_, at) => at % 251));
async function read(file: Promise<FetchedFile>, bytesMax = 1_000_000): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of await file) {
    pieces.push(piece);
    size += piece.byteLength;
    if (size > bytesMax) break;
  }
  return Buffer.concat(pieces);
}

/** Holds a connection to how it gives out what somebody sent. */
export async function givesOut(
  fetch: NonNullable<Connection['fetch']>,
  { keep, unknown, giving }: NonNullable<Counterpart['gives']>,
  until: (check: () => void) => Promise<void>,
): Promise<void> {
  const isOver = (): Promise<void> => until(() => void (giving.open() === 0 || fail('it is given out still')));
  const refusal = async (file: IncomingFile, signal = never): Promise<unknown> =>
    read(fetch(file, signal)).then(
      (bytes) => fail(`${bytes.length} bytes came`),
      (thrown: unknown) => thrown,
    );
  if (!content.equals(await read(fetch(keep(content), never)))) fail('other bytes came');
  const gone = await refusal(unknown);
  if (!(gone instanceof AppError) || gone.code !== 'channel.rejected')
    fail(`a file that is not there: ${String(gone)}`);
  // Who takes it for a token that has ended asks twice.
  for (let times = 0; times < 2; times += 1) giving.next('wrong type');
  if (!((await refusal(keep(content))) instanceof AppError)) fail('a page instead of a file is no error of ours');
  await read(fetch(keep(content), never)).catch(() => undefined);
  giving.next('broken off');
  await refusal(keep(content));
  giving.next('endless');
  if ((await read(fetch(keep(content), never))).length <= 1_000_000) fail('it ended');
  await isOver();
  giving.next('slow');
  const tired = new AbortController();
  const slow = refusal(keep(content), tired.signal);
  await until(() => void (giving.open() === 1 || fail('it is not given out')));
  tired.abort();
  await slow;
  await isOver();
}
