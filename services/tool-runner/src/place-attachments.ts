import type { Blobs } from '@queueclaw/blobs';
import { type Attachment, type Task, workspacePlace } from '@queueclaw/contracts';
import type { Logger } from '@queueclaw/runtime';
import type { Sandbox } from '@queueclaw/sandbox';

/** All attachments of a workspace; the newest come first. */
const bytesMax = 100 * 1024 * 1024;
/** After a failure the store is left alone for this long: tools go on without. */
const restMs = 60_000;
/** No tool waits longer; what arrives later is there for the next one. */
const waitMsMost = 15_000;

export type PlaceAttachments = (
  task: Pick<Task, 'tenant' | 'attachments'>,
  workspace: string,
  signal: AbortSignal,
) => Promise<void>;

export type PlaceAttachmentsOptions = {
  readonly blobs: Pick<Blobs, 'get'>;
  readonly sandbox: Pick<Sandbox, 'placeFiles'>;
  readonly logger: Logger;
  readonly now?: () => number;
  /** Milliseconds that a tool waits at most; 15 s unless given. */
  readonly waitMs?: number;
};

const newestWithin = (attachments: readonly Attachment[]): readonly Attachment[] => {
  let bytes = 0;
  return attachments.toReversed().filter(({ size }) => {
    bytes += size;
    return bytes <= bytesMax;
  });
};

/**
 * Puts the attachments of a task into its workspace, those that are not there yet. Never rejects: a tool runs without what
 * cannot be read, and says that there is no such file.
 */
export function attachmentPlacer({
  blobs,
  sandbox,
  logger,
  now = Date.now,
  waitMs = waitMsMost,
}: PlaceAttachmentsOptions): PlaceAttachments {
  let restUntil = 0;
  return async ({ tenant, attachments = [] }, workspace, signal) => {
    if (attachments.length === 0 || now() < restUntil) return;
    const open = async (id: string): Promise<AsyncIterable<Uint8Array> | undefined> => {
      signal.throwIfAborted();
      const found = await blobs.get(tenant, id).catch((error: unknown) => {
        restUntil = now() + restMs;
        throw error;
      });
      return found?.stream as AsyncIterable<Buffer> | undefined;
    };
    const files = newestWithin(attachments).map((attachment) => ({
      path: workspacePlace(attachment),
      open: () => open(attachment.id),
    }));
    try {
      await inTime(sandbox.placeFiles(workspace, files), waitMs, signal);
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'attachments cannot be placed in a workspace');
    }
  };
}

async function inTime(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error('attachments did not arrive in time'));
  late.addEventListener('abort', giveUp, { once: true });
  if (late.aborted) giveUp();
  try {
    await Promise.race([work, promise]);
  } finally {
    late.removeEventListener('abort', giveUp);
    work.catch(() => undefined);
  }
}
