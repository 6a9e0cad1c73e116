import { type Blobs, headBytes, mediaTypeOf, readHead } from '@queueclaw/blobs';
import { type Attachment, attachmentName, type TaskResult } from '@queueclaw/contracts';
import type { Logger } from '@queueclaw/runtime';

export type CheckFiles = (result: TaskResult) => Promise<TaskResult>;

/** Milliseconds in which the store says what there is; others' results wait behind this one. */
const waitMsMost = 4_000;

const refused = 'The file could not be stored, and was not sent. It can be sent again.';

/**
 * Looks whether the files that a runner says it has sent are there, in its tenant's store. Its word is taken for their ids and
 * names alone: size and type are those of what lies there. A result whose files are not there, or of which the store says
 * nothing in time, has failed. Never rejects.
 */
export function fileChecker(blobs: Pick<Blobs, 'get'>, logger: Logger, waitMs: number = waitMsMost): CheckFiles {
  const check = async (tenant: string, { id, name, type }: Attachment): Promise<Attachment | undefined> => {
    const found = await readHead(blobs, tenant, id, headBytes);
    return found && { id, name: attachmentName(name), type: mediaTypeOf(found.head, type), size: found.size };
  };
  return async (result) => {
    const { attachments, ...outcome } = result.outcome;
    if (attachments === undefined || attachments.length === 0) return { ...result, outcome };
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('the store did not answer in time')), waitMs);
    try {
      const looks = Promise.all(attachments.map((attachment) => check(result.tenant, attachment)));
      const files = (await Promise.race([looks, late])).filter((file) => file !== undefined);
      if (files.length === attachments.length) return { ...result, outcome: { ...outcome, attachments: files } };
    } catch (err) {
      logger.warn({ err, call: result.call }, 'a file that a tool sent cannot be looked at');
    } finally {
      clearTimeout(timer);
    }
    return { ...result, outcome: { ...outcome, ok: false, text: refused, code: 'attachment.not_found' } };
  };
}
