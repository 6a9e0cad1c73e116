import type { Connection, Outgoing, OutgoingFile } from '@queueclaw/channels';
import { AppError, AttachmentId, isErrorCode, Route, toAppError } from '@queueclaw/contracts';
import type { HolderLine } from '@queueclaw/mailbox';
import { z } from 'zod';

export type HolderOptions = {
  readonly line: HolderLine;
  /** What is held, e.g. `wecom-bot/main`. */
  readonly name: string;
  readonly onError: (error: unknown) => void;
  /** The bytes of a file that another replica wants to have sent: they do not travel with the question. */
  readonly openFile?: OpenFile;
};
export type OpenFile = (file: Pick<OutgoingFile, 'id' | 'size'>) => AsyncIterable<Uint8Array>;

/** A little less than a delivery may take: the answer is wanted by somebody still. */
const sendMsMax = 20_000;

const File = z.object({
  id: AttachmentId,
  name: z.string().max(255),
  type: z.string().max(127),
  size: z.number().int().nonnegative(),
});
const Question = z.object({
  out: z.looseObject({ text: z.string(), file: File.optional() }),
  to: Route,
  key: z.string().max(1_000),
  /** Of the message that is changed. */
  id: z.string().max(1_000).optional(),
  /** Milliseconds since the epoch: nobody waits for an answer after this. */
  until: z.number(),
});
const Answer = z.object({
  /** What the platform calls the message that was sent. */
  id: z.string().max(1_000).optional(),
  failure: z
    .object({
      code: z.string(),
      publicMessage: z.string().max(2_000),
      retryAfterMs: z.number().optional(),
      waits: z.enum(['account', 'chat']).optional(),
    })
    .optional(),
});

const failed = (publicMessage: string, cause?: unknown): AppError =>
  new AppError('channel.failed', { publicMessage, cause });

/**
 * A connection that sends by its own line while this process listens, and asks the process that listens otherwise. When nobody
 * listens, or no answer comes, it is tried again later; what was sent though its answer was lost is then sent again under the same key.
 */
export function throughHolder(connection: Connection, options: HolderOptions): Connection {
  const { line, name, onError, openFile } = options;
  const { send, edit, listen } = connection;
  if (send === undefined || listen === undefined) return connection;
  let holds = false;

  const answer = async (question: unknown): Promise<unknown> => {
    try {
      const { out, to, key, until, id } = Question.parse(question);
      const leftMs = until - Date.now();
      if (leftMs <= 0) throw failed('This was asked too long ago.');
      const limit = AbortSignal.timeout(Math.min(leftMs, sendMsMax));
      const message = withFile(out, openFile);
      if (id === undefined) return { id: (await send(message, to, key, limit)) ?? undefined };
      if (edit === undefined) throw new AppError('channel.rejected');
      await edit(id, message, to, limit);
      return {};
    } catch (thrown) {
      const { code, publicMessage, retryAfterMs, waits } = toAppError(thrown, 'channel.failed');
      return { failure: { code, publicMessage, retryAfterMs, waits } };
    }
  };
  const ask = async (
    message: Omit<z.input<typeof Question>, 'until'>,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(sendMsMax)]);
    const question = { ...message, until: Date.now() + sendMsMax };
    const told = await line.ask(name, question, limit).catch((thrown: unknown) => {
      throw failed('The process that holds the connection does not answer.', thrown);
    });
    if (told === undefined) throw failed('No process holds the connection at the moment.');
    const { failure, id } = Answer.parse(told);
    if (failure === undefined) return id;
    const { code, ...rest } = failure;
    throw new AppError(isErrorCode(code) ? code : 'channel.failed', rest);
  };
  return {
    ...connection,
    send: (out, to, key, signal) => (holds ? send(out, to, key, signal) : ask({ out: asData(out), to, key }, signal)),
    ...(edit === undefined
      ? {}
      : {
          edit: async (id, out, to, signal) =>
            holds ? edit(id, out, to, signal) : void (await ask({ out: asData(out), to, key: '', id }, signal)),
        }),
    listen: async (signal) => {
      const ended = new AbortController();
      holds = true;
      const serving = line.serve(name, answer, AbortSignal.any([signal, ended.signal])).catch(onError);
      try {
        await listen(signal);
      } finally {
        holds = false;
        ended.abort();
        await serving;
      }
    },
  };
}

/** A message without what cannot travel. */
const asData = ({ file, ...rest }: Outgoing): z.input<typeof Question>['out'] =>
  file === undefined ? rest : { ...rest, file: { id: file.id, name: file.name, type: file.type, size: file.size } };

function withFile({ file, ...rest }: z.output<typeof Question>['out'], openFile: OpenFile | undefined): Outgoing {
  if (file === undefined) return rest as Outgoing;
  if (openFile === undefined) throw new AppError('channel.rejected', { publicMessage: 'No files are kept here.' });
  return { ...(rest as Outgoing), file: { ...file, open: () => openFile(file) } };
}
