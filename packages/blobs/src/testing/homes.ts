import { BlobsConfig } from '@queueclaw/runtime';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

/** Where blobs are kept in a test, and how one looks behind their back. */
export type Home = {
  readonly config: BlobsConfig;
  readonly home: string;
  /** Makes a provider fail as if its machine were gone. */
  readonly break: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const key = 'S3RVER';

/** A real server of the S3 protocol on loopback. */
async function s3Home(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'queueclaw-s3-'));
  const bucket = { name: 'attachments', configs: [] };
  const s3 = new S3rver({ silent: true, directory: join(folder, 'server'), configureBuckets: [bucket] });
  await s3.configureBuckets();
  const server: Server = createServer(s3.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    config: BlobsConfig.parse({
      ...{ provider: 's3', bucket: bucket.name, prefix: 'queueclaw/blobs', endpoint: `http://127.0.0.1:${port}` },
      ...{ access_key: key, secret_key: key, path: join(folder, 'incoming') },
    }),
    home: folder,
    break: stop,
    close: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fileHome(): Promise<Home> {
  const home = await mkdtemp(join(tmpdir(), 'queueclaw-blobs-'));
  return {
    config: BlobsConfig.parse({}),
    home,
    break: async () => {
      await rm(home, { recursive: true, force: true });
      const { writeFile } = await import('node:fs/promises');
      await writeFile(home, 'not a folder');
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}

/** One for every provider of the registry. */
export const homes: Readonly<Record<BlobsConfig['provider'], () => Promise<Home>>> = { file: fileHome, s3: s3Home };
