import type { BlobsConfig } from '@queueclaw/runtime';
import type { Store } from './contract.js';

/** Every place for blobs: one folder, one line. Loaded when the first blob is asked for. */
export const stores: Readonly<Record<BlobsConfig['provider'], (config: BlobsConfig, root: string) => Promise<Store>>> =
  {
    file: async (_config, root) => (await import('./file/index.js')).openFileStore(root),
    s3: async (config) => (await import('./s3/index.js')).openS3Store(config),
  };
