import { AppError, attachmentName } from '@queueclaw/contracts';
import type { BlobsConfig } from '@queueclaw/runtime';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { blobKey, checkTenant } from './blob-key.js';
import type { Blobs, Store } from './contract.js';
import { mediaTypeOf } from './media-type.js';
import { createQuota } from './quota.js';
import { stores } from './registry.js';
import { spool, sweepSpool } from './spool.js';
import { storageError } from './storage-error.js';

/** No upload takes this long. */
const uploadMsMax = 3_600_000;

export type OpenBlobsOptions = {
  readonly config: BlobsConfig;
  /** This machine's folder, absolute. */
  readonly home: string;
  /** Told what a store failed with, for the operator. */
  readonly onError?: (error: unknown) => void;
};

/**
 * Opens the blobs of a deployment. Does nothing before it is used: no folder is made, no library is loaded.
 * Bytes come in through `<folder>/.new`, on the same file system, and are handed to the store when they are whole.
 */
export function openBlobs({ config, home, onError }: OpenBlobsOptions): Blobs {
  const root = config.path ?? join(home, 'blobs');
  const incoming = join(root, '.new');
  let opened: Promise<Store> | undefined;
  const store = (): Promise<Store> => (opened ??= stores[config.provider](config, root));
  const told = (thrown: unknown): AppError => {
    const error = storageError(thrown);
    if (error.code === 'system.unavailable') onError?.(error);
    return error;
  };
  const guarded = async <T>(work: (open: Store) => Promise<T>): Promise<T> => {
    try {
      return await work(await store());
    } catch (error) {
      throw told(error);
    }
  };
  const quota = createQuota(config.tenant_quota, async function* (tenant) {
    yield* (await store()).sizes(tenant);
  });

  return {
    bytesMax: config.max_size,
    put: async (tenant, bytes, { name, type, bytesMax = Infinity, bytes: announced = 0 }) => {
      checkTenant(tenant);
      const most = Math.min(bytesMax, config.max_size);
      if (announced > most) throw new AppError('attachment.too_large');
      const { path, sha256, size, head } = await spool(incoming, bytes, most).catch((error: unknown) =>
        Promise.reject(error instanceof AppError ? told(error) : error),
      );
      try {
        await guarded(async (open) => {
          await quota.take(tenant, size);
          await open.keep({ tenant, sha256 }, { path, size });
        });
      } catch (error) {
        await unlink(path).catch(() => undefined);
        throw error;
      }
      return { id: `sha256-${sha256}`, name: attachmentName(name), type: mediaTypeOf(head, type), size };
    },
    get: async (tenant, id, part) => {
      const key = blobKey(tenant, id);
      return key && guarded((open) => open.read(key, part?.bytesMax));
    },
    touch: async (tenant, id) => {
      const key = blobKey(tenant, id);
      return key !== undefined && guarded((open) => open.touch(key));
    },
    delete: async (tenant, id) => {
      const key = blobKey(tenant, id);
      if (key !== undefined) await guarded((open) => open.remove(key));
    },
    sweep: async (before) => {
      await sweepSpool(incoming, Math.min(before, Date.now() - uploadMsMax));
      return guarded((open) => open.sweep(before));
    },
    close: () => void opened?.then((open) => open.close()).catch(() => undefined),
  };
}
